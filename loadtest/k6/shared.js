// What several of the scripts need: options from the environment, and how a client of gRPC connects.

/** What the summary shows of each trend. */
export const summaryTrendStats = ['min', 'med', 'p(99)', 'p(99.9)', 'max'];

/** Threshold of P99, in milliseconds. */
export const p99 = [`p(99)<${__ENV.P99 || 100}`];

/** Each VU does one thing after the other: VUS of them for DURATION. */
export function oneAfterTheOther(thresholds) {
  return {
    vus: Number(__ENV.VUS || 16),
    duration: __ENV.DURATION || '10s',
    summaryTrendStats,
    thresholds: { checks: ['rate==1'], ...thresholds },
  };
}

/** Connects a client of gRPC to URL. What its `connect` throws would end the iteration without counting anywhere. */
export function connect(client) {
  const [, scheme, target] = /^(https?):\/\/([^/]+)/.exec(__ENV.URL || 'http://127.0.0.1:8080');
  try {
    client.connect(target, { plaintext: scheme === 'http', timeout: '10s' });
    return true;
  } catch (error) {
    console.error(`${target}: ${error}`);
    return false;
  }
}

/** Messages that come back one after the other: counts them, and takes their times into `roundTrip`. */
export class Echoes {
  #filler = 'x'.repeat(Number(__ENV.BYTES || 64));
  #roundTrip;
  #sent = '';
  #sentAt = 0;
  /** How many came back as they were sent. */
  count = 0;

  constructor(roundTrip) {
    this.#roundTrip = roundTrip;
  }

  /** The next message to send. */
  next() {
    this.#sent = `${this.count} ${this.#filler}`;
    this.#sentAt = Date.now();
    return this.#sent;
  }

  /** @returns whether to send another one */
  received(text) {
    this.#roundTrip.add(Date.now() - this.#sentAt);
    if (text !== this.#sent) return false;
    this.count++;
    return !this.complete;
  }

  get complete() {
    return this.count === Number(__ENV.MESSAGES || 100);
  }
}

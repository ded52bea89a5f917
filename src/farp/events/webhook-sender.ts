/** Tells services what happens at the gateway (protocol digest 9): signed, in order, tried again, never in the way. */
import { randomUUID } from 'node:crypto';
import { pause } from '../../discovery/pause.ts';
import { Semaphore } from '../../shared/semaphore.ts';
import type { RegistryLog } from '../push/log.ts';
import { signatureOf } from './signature.ts';
import type { WebhookTarget } from './webhook-targets.ts';

/** What the gateway has to say. */
export type GatewayEvent =
  | 'routes.changed'
  | 'routes.draining'
  | 'circuit.breaker.open'
  | 'circuit.breaker.closed'
  | 'config.updated'
  | 'gateway.shutdown';

export interface WebhookSenderOptions {
  readonly gatewayId: string;
  readonly targets: () => readonly WebhookTarget[];
  /** @returns the status. Rejects when there is no answer. */
  readonly post: (
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ) => Promise<number>;
  readonly log: RegistryLog;
  readonly onDelivery?: (result: 'delivered' | 'failed' | 'dropped') => void;
  /** Milliseconds of one try. Default 5 s. */
  readonly timeout?: number;
  /** Default a timer. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

interface Delivery {
  readonly target: WebhookTarget;
  readonly event: GatewayEvent;
  readonly id: string;
  readonly body: string;
}

const TIMEOUT = 5_000;
const PARALLEL = 32;
/** Deliveries that wait for one address; when it has been away for so many events, the oldest are dropped. */
const MAX_WAITING = 100;
const JITTER = 0.2;

export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #queues = new Map<string, Delivery[]>();
  readonly #permits = new Semaphore(PARALLEL);
  readonly #closing = new AbortController();

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /** To those that want it: of `service`, or of all. Returns at once. */
  emit(event: GatewayEvent, data: object, service = ''): void {
    if (this.#closing.signal.aborted) return;
    for (const delivery of this.#deliveries(event, data, service)) this.#enqueue(delivery);
  }

  /** The last word: once to everyone who wants it, past what still waits. Resolves after `patience` milliseconds at the latest. */
  async shutdown(data: object, patience: number): Promise<void> {
    const last = new AbortController();
    const timer = setTimeout(() => last.abort(), patience);
    const sent = this.#deliveries('gateway.shutdown', data, '').map((delivery) =>
      this.#permits.run(() => this.#attempt(delivery, last.signal)),
    );
    this.#closing.abort();
    const over = new Promise((resolve) => last.signal.addEventListener('abort', resolve));
    await Promise.race([Promise.all(sent), over]);
    clearTimeout(timer);
  }

  /** What is under way is given up. */
  close(): void {
    this.#closing.abort();
    this.#queues.clear();
  }

  #deliveries(event: GatewayEvent, data: object, service: string): Delivery[] {
    const { gatewayId, targets } = this.#options;
    const timestamp = Math.floor(Date.now() / 1000);
    // Services read `event` (specification) or `type` (the library of today).
    const body = JSON.stringify({ event, type: event, timestamp, source: { gateway_id: gatewayId }, data });
    return targets()
      .filter((target) => (service === '' || target.service === service) && wants(target, event))
      .map((target) => ({ target, event, id: randomUUID(), body }));
  }

  #enqueue(delivery: Delivery): void {
    const { href } = delivery.target.url;
    const queue = this.#queues.get(href);
    if (queue === undefined) {
      this.#queues.set(href, [delivery]);
      void this.#work(href);
      return;
    }
    if (queue.length > MAX_WAITING) {
      // The first one is under way.
      queue.splice(1, 1);
      this.#options.onDelivery?.('dropped');
    }
    queue.push(delivery);
  }

  /** One after the other, so that a service sees events in their order. */
  async #work(href: string): Promise<void> {
    for (;;) {
      const [delivery] = this.#queues.get(href) ?? [];
      if (delivery === undefined) break;
      await this.#deliver(delivery);
      this.#queues.get(href)?.shift();
    }
    this.#queues.delete(href);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { target, event } = delivery;
    const { maxAttempts, initialDelay, maxDelay, multiplier } = target.retry;
    const { signal } = this.#closing;
    const sleep = this.#options.sleep ?? pause;
    let reason = '';
    for (let attempt = 0; attempt < Math.max(1, maxAttempts) && !signal.aborted; attempt++) {
      if (attempt > 0) {
        const delay = Math.min(maxDelay, initialDelay * multiplier ** (attempt - 1));
        await sleep(delay * (1 + JITTER * (2 * Math.random() - 1)), signal);
        if (signal.aborted) return;
      }
      const result = await this.#permits.run(() => this.#attempt(delivery, signal));
      if (result === '') return;
      reason = result;
      if (isFinal(result)) break;
    }
    if (signal.aborted) return;
    this.#options.onDelivery?.('failed');
    const { service, instance, url } = target;
    this.#options.log('warn', 'a webhook was not delivered', {
      service,
      instance,
      url: url.host + url.pathname,
      event,
      reason,
    });
  }

  /** @returns '' when it is delivered, else why not */
  async #attempt({ target, event, id, body }: Delivery, signal: AbortSignal): Promise<string> {
    const { post, timeout = TIMEOUT, onDelivery } = this.#options;
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'x-farp-event': event,
      'x-farp-delivery': id,
      ...(target.secret === '' ? {} : { 'x-farp-signature': signatureOf(target.secret, body) }),
    };
    try {
      const status = await post(
        target.url,
        headers,
        body,
        AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      );
      if (status < 200 || status > 299) return `status ${status}`;
      onDelivery?.('delivered');
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function wants({ events }: WebhookTarget, event: string): boolean {
  return events.length === 0 || events.includes(event) || events.includes('*');
}

/** A service that understood the request and does not want it will not want it a second later. */
function isFinal(reason: string): boolean {
  const status = Number(/^status (4\d\d)$/.exec(reason)?.[1] ?? 0);
  return status !== 0 && status !== 408 && status !== 429;
}

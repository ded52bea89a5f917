/**
 * Webhooks of services to the gateway (protocol digest 9): whatever they say, the gateway looks for itself, at the address
 * that it knows.
 */
import { Fields, isObject, Warnings } from '../manifest/fields.ts';
import { JsonTextError, parseJsonText } from '../manifest/json-text.ts';
import type { Service } from '../model.ts';
import type { PushRequest } from '../push/push-message.ts';
import { TokenBuckets } from '../push/token-buckets.ts';
import { verifySignature } from './signature.ts';

export interface IncomingOptions {
  /** Null when there is no such service. */
  readonly service: (name: string) => Service | null;
  /** Fetches what the service says about itself, soon. */
  readonly refresh: (service: string) => void;
  readonly acceptUnsigned: () => boolean;
  /** Default `performance.now`. */
  readonly now?: () => number;
}

export interface IncomingAnswer {
  readonly status: number;
  readonly body: object;
}

export const EVENTS_PATH = '/_farp/v1/events';
const MAX_EVENT_BYTES = 64 * 1024;
/** Deliveries are repeated when an answer is lost; within this time the repetition has no effect. Milliseconds. */
const REMEMBER = 3_600_000;
const MAX_REMEMBERED = 50_000;
const EVENTS_PER_MINUTE = 120;

export class IncomingEvents {
  readonly #options: IncomingOptions;
  readonly #now: () => number;
  /** Time of arrival by service and delivery, in the order of arrival. */
  readonly #seen = new Map<string, number>();
  readonly #rate = new TokenBuckets(10_000);

  constructor(options: IncomingOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  receive({ body, headers }: PushRequest): IncomingAnswer {
    if (body.length > MAX_EVENT_BYTES) return answer(413, `the body is larger than ${MAX_EVENT_BYTES} bytes`);
    let document: unknown;
    try {
      document = parseJsonText(Buffer.from(body).toString('utf8'), 32);
    } catch (error) {
      if (error instanceof JsonTextError) return answer(400, `invalid JSON: ${error.message}`);
      throw error;
    }
    if (!isObject(document)) return answer(400, 'expected an object');
    const event = eventOf(document, headers);
    if (event.name === '') return answer(400, '"event" is required');
    const service = this.#options.service(event.service);
    const secrets = service === null ? [] : secretsOf(service);
    // Who cannot prove who it is does not learn whether there is such a service either.
    const signature = headers['x-farp-signature'] ?? '';
    const isSigned = secrets.some((secret) => verifySignature(secret, body, signature));
    const isTrusted =
      isSigned || (service !== null && secrets.length === 0 && this.#options.acceptUnsigned());
    if (service === null || !isTrusted) return answer(401, 'the signature is not that of a known service');
    if (!service.instances.some(({ manifest }) => (manifest?.webhook?.gatewayWebhook ?? '') !== ''))
      return answer(403, 'the manifest of the service says nothing of webhooks to the gateway');
    const wait = this.#rate.take(service.name, EVENTS_PER_MINUTE, this.#now());
    if (wait > 0) return answer(429, 'too many events');
    if (this.#isRepeated(service.name, headers['x-farp-delivery'] ?? ''))
      return { status: 200, body: { status: 'duplicate' } };
    this.#options.refresh(service.name);
    return { status: 202, body: { status: 'accepted' } };
  }

  #isRepeated(service: string, delivery: string): boolean {
    if (delivery === '' || delivery.length > 128) return false;
    const now = this.#now();
    for (const [key, at] of this.#seen) {
      if (now - at < REMEMBER && this.#seen.size < MAX_REMEMBERED) break;
      this.#seen.delete(key);
    }
    const key = `${service} ${delivery}`;
    if (this.#seen.has(key)) return true;
    this.#seen.set(key, now);
    return false;
  }
}

/** `event` or `type`; `source` as an object or as the name itself (digest 14, row 22). */
function eventOf(document: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>>) {
  const fields = new Fields(document, '', new Warnings());
  const { source } = document;
  const service =
    typeof source === 'string'
      ? source
      : new Fields(isObject(source) ? source : {}, '', fields.warnings).string('service_name');
  return {
    name: fields.string('event') || fields.string('type') || (headers['x-farp-event'] ?? ''),
    service,
  };
}

/** Each instance may have a secret of its own, and during a rollout some have the old one. */
function secretsOf(service: Service): string[] {
  const secrets = service.instances.map(({ manifest }) => manifest?.webhook?.secret ?? '');
  return [...new Set(secrets)].filter((secret) => secret !== '');
}

function answer(status: number, error: string): IncomingAnswer {
  return { status, body: { error } };
}

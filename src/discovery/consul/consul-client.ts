/**
 * Consul's HTTP API, as far as it is needed: questions that are held until something changes ("blocking queries"), and
 * values of keys. The `consul` package is not used: its requests cannot be aborted one by one nor bounded in size, and all
 * that is asked here are three paths.
 */
import { type Agent, request } from 'undici';
import type { BackendSettings } from '../../config/schema/discovery.ts';
import { CALL_TIMEOUT, createAgent } from '../http-agent.ts';

export interface ConsulAnswer {
  readonly body: unknown;
  /** `X-Consul-Index`; 0 when it is missing or makes no sense. */
  readonly index: number;
}

/** The agent takes no more connections of this client. */
export class TooManyRequests extends Error {}

export class ConsulClient {
  readonly #settings: BackendSettings['consul'];
  readonly #agent: Agent;

  /** @throws Error when a file of the settings cannot be read */
  constructor(settings: BackendSettings['consul']) {
    this.#settings = settings;
    this.#agent = createAgent(settings.tls);
  }

  /**
   * @param index as answered the last time: the answer comes when it is another, or after `wait` milliseconds. 0 asks for
   *   what is
   * @throws Error when there is no proper answer
   */
  async ask(
    path: string,
    parameters: readonly [string, string][],
    { index, wait, signal }: { readonly index: number; readonly wait: number; readonly signal: AbortSignal },
  ): Promise<ConsulAnswer> {
    const query = new URLSearchParams(parameters);
    if (this.#settings.datacenter !== '') query.set('dc', this.#settings.datacenter);
    if (this.#settings.stale) query.set('stale', '');
    if (index > 0) {
      query.set('index', String(index));
      query.set('wait', `${wait}ms`);
    }
    const { statusCode, headers, body } = await request(`${this.#settings.address}${path}?${query}`, {
      dispatcher: this.#agent,
      signal,
      headers: this.#headers(),
      // The agent adds up to a sixteenth of the time by chance.
      headersTimeout: CALL_TIMEOUT + (index > 0 ? wait + wait / 16 : 0),
    });
    if (statusCode !== 200) throw await fault(statusCode, body);
    // It answers with what it knew last, which may be from before half of the instances were started.
    if (headers['x-consul-knownleader'] === 'false') {
      await body.dump();
      throw new Error('the agent knows of no leader of the cluster');
    }
    const stated = Number(headers['x-consul-index']);
    return { body: await body.json(), index: Number.isSafeInteger(stated) && stated > 0 ? stated : 0 };
  }

  /** @returns null when there is no such key */
  async value(key: string): Promise<Uint8Array | null> {
    const path = key.split('/').map(encodeURIComponent).join('/');
    const { datacenter, address } = this.#settings;
    const query = datacenter === '' ? 'raw' : `raw&dc=${encodeURIComponent(datacenter)}`;
    const { statusCode, body } = await request(`${address}/v1/kv/${path}?${query}`, {
      dispatcher: this.#agent,
      headers: this.#headers(),
      headersTimeout: CALL_TIMEOUT,
    });
    if (statusCode === 200) return new Uint8Array(await body.arrayBuffer());
    if (statusCode !== 404) throw await fault(statusCode, body);
    await body.dump();
    return null;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #headers(): Record<string, string> {
    const { token } = this.#settings;
    return token === undefined ? {} : { 'x-consul-token': token };
  }
}

/** The agent says in plain text what is wrong. */
async function fault(status: number, body: { text(): Promise<string> }): Promise<Error> {
  const text = (await body.text()).trim().slice(0, 200);
  const message = `the agent answers ${status}${text === '' ? '' : `: ${text}`}`;
  return status === 429 ? new TooManyRequests(message) : new Error(message);
}

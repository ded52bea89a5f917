/**
 * Eureka (v1 REST API, which all servers speak): the whole registry first, then what changed, at each poll. Server and
 * client compare a hash after each change; when it differs, the whole registry is fetched again. Servers of a cluster are
 * equal: when one does not answer, the next is asked.
 */
import { type Agent, request } from 'undici';
import type { BackendSettings } from '../../config/schema/discovery.ts';
import type { Backend, Session } from '../backend.ts';
import { createAgent } from '../http-agent.ts';
import { pause } from '../pause.ts';
import { reasonOf } from '../reason.ts';
import { EurekaRegistry, statedHash } from './registry.ts';

export class EurekaBackend implements Backend {
  readonly #settings: BackendSettings['eureka'];
  /** That of the watch. */
  #agent: Agent | null = null;
  readonly #authorization: string | null;
  /** The server that answered last. */
  #preferred = 0;

  constructor(settings: BackendSettings['eureka']) {
    this.#settings = settings;
    const { username, password } = settings;
    this.#authorization =
      username === undefined
        ? null
        : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  }

  async watch(session: Session): Promise<void> {
    const agent = createAgent(this.#settings.tls);
    this.#agent = agent;
    try {
      await this.#follow(session);
    } finally {
      await agent.destroy();
    }
  }

  async #follow(session: Session): Promise<void> {
    const registry = new EurekaRegistry(this.#settings.address);
    const { signal } = session;
    await this.#fetchAll(registry, session);
    while (!signal.aborted) {
      await pause(this.#settings.poll_interval, signal);
      if (signal.aborted) return;
      const delta = await this.#get('/apps/delta', signal);
      // Servers can have changes switched off.
      if (delta === null) await this.#fetchAll(registry, session);
      else {
        const changed = registry.apply(delta);
        const stated = statedHash(delta);
        if (stated !== registry.hash()) await this.#fetchAll(registry, session);
        else tell(changed, registry, session);
      }
    }
  }

  async #fetchAll(registry: EurekaRegistry, session: Session): Promise<void> {
    const all = await this.#get('/apps', session.signal);
    if (all === null) throw new Error('the Eureka server has no /apps: is the path of its URL right?');
    registry.replace(all);
    session.replace(registry.entries());
  }

  /** @returns null when the server does not have it. @throws Error when no server answers */
  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    const { servers } = this.#settings;
    let fault: unknown;
    for (let turn = 0; turn < servers.length && !signal.aborted; turn++) {
      const index = (this.#preferred + turn) % servers.length;
      try {
        const answer = await this.#ask(`${servers[index]}${path}`, signal);
        this.#preferred = index;
        return answer;
      } catch (error) {
        fault = new Error(`${servers[index]}: ${reasonOf(error)}`);
      }
    }
    throw fault;
  }

  async #ask(url: string, signal: AbortSignal): Promise<unknown> {
    const { statusCode, body } = await request(url, {
      dispatcher: this.#agent!,
      signal,
      headers: {
        accept: 'application/json',
        ...(this.#authorization === null ? {} : { authorization: this.#authorization }),
      },
    });
    if (statusCode === 200) return body.json();
    await body.dump();
    if (statusCode === 403 || statusCode === 404) return null;
    throw new Error(`status ${statusCode}`);
  }
}

function tell(changed: ReadonlySet<string>, registry: EurekaRegistry, session: Session): void {
  for (const name of changed) {
    const entry = registry.entry(name);
    if (entry === null) session.delete(name);
    else session.set(entry);
  }
}

import { after, before } from 'node:test';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import type { WireResponse } from '../support/wire.ts';
import { type Act, ActingOrigin, type Ask, answer, ask } from './support.ts';

/** Where a key stands: at the upstream, or under `routing`, which every upstream inherits. */
export const LEVELS = ['upstreams[]', 'routing'] as const;

export interface EndpointView {
  readonly address: string;
  readonly health: string;
  readonly ejected: boolean;
  readonly ejected_until: string | null;
  readonly last_check_error: string | null;
}
export interface UpstreamView {
  readonly name: string;
  readonly circuit_breaker: string;
  readonly endpoints: readonly EndpointView[];
}

/** A gateway before two origins, set up anew for every key. */
export class Bench {
  a!: ActingOrigin;
  b!: ActingOrigin;
  gateway!: Gateway;
  #uses = 0;

  async start(): Promise<void> {
    this.a = await new ActingOrigin(answer(200, 'a')).listen();
    this.b = await new ActingOrigin(answer(200, 'b')).listen();
    this.gateway = await startGateway({}, { workers: 1 });
  }

  async stop(): Promise<void> {
    await this.gateway?.stop();
    await this.a?.close();
    await this.b?.close();
  }

  /**
   * Sets keys of an upstream at that level, and what the origins do. The upstream is a new one each time: state of the
   * previous one does not count.
   */
  async use(
    level: string,
    keys: Record<string, unknown>,
    acts: { a?: Act; b?: Act; endpoints?: readonly unknown[] } = {},
  ): Promise<void> {
    this.a.act = acts.a ?? answer(200, 'a');
    this.b.act = acts.b ?? answer(200, 'b');
    const endpoints = acts.endpoints ?? [this.a.address, this.b.address];
    this.a.take();
    this.b.take();
    await this.gateway.reload(this.#config(level, keys, endpoints));
  }

  #config(level: string, keys: Record<string, unknown>, endpoints: readonly unknown[]): GatewayConfig {
    const name = `u${++this.#uses}`;
    const own = level === 'routing' ? {} : keys;
    return {
      routing: { retries: 0, ...(level === 'routing' ? keys : {}) },
      upstreams: [{ name, endpoints, ...own }],
      routes: [{ path: '/*', upstream: name }],
    };
  }

  ask(options: Ask = {}, target = '/'): Promise<WireResponse> {
    return ask(this.gateway.port, target, options);
  }

  /** Which origins answer so many requests in a row, for example `abab`. */
  async turns(count: number, options: Ask = {}, target = '/'): Promise<string> {
    let turns = '';
    for (let index = 0; index < count; index++) turns += (await this.ask(options, target)).body || '-';
    return turns;
  }

  async view(): Promise<UpstreamView> {
    const { upstreams } = (await (await this.gateway.admin('/_/upstreams')).json()) as {
      upstreams: UpstreamView[];
    };
    return upstreams[0]!;
  }

  async endpoint(index = 0): Promise<EndpointView> {
    return (await this.view()).endpoints[index]!;
  }

  untilHealth(health: string): Promise<unknown> {
    return eventually(async () => (await this.endpoint()).health === health, `health ${health}`);
  }
}

/** How often an origin answered. */
export const share = (turns: string, of: string): number => turns.split(of).length - 1;

/** To be called at the top of a test file. */
export function useBench(): Bench {
  const bench = new Bench();
  before(() => bench.start());
  after(() => bench.stop());
  return bench;
}

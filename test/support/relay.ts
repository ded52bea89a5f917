import { after, before } from 'node:test';
import { type Gateway, type GatewayConfig, type GatewayOptions, startGateway } from './gateway.ts';
import { RecordingOrigin, type Responder, type SeenRequest } from './origin.ts';
import { RawClient } from './raw-client.ts';
import { message, type WireResponse } from './wire.ts';

/** A gateway before a recording origin, started and stopped with the test file (or the describe block). */
export class Relay {
  gateway!: Gateway;
  origin!: RecordingOrigin;

  /** Sends a request over a connection of its own. Gives the response, and what the origin saw of it (null if nothing). */
  async send(
    lines: readonly string[],
    options: { body?: string; localAddress?: string } = {},
  ): Promise<{ response: WireResponse; seen: SeenRequest | null }> {
    const before = this.origin.seen.length;
    const client = await RawClient.connect(
      this.gateway.port,
      options.localAddress === undefined ? {} : { localAddress: options.localAddress },
    );
    try {
      const response = await client.request(message(...lines) + (options.body ?? ''));
      return { response, seen: this.origin.seen[before] ?? null };
    } finally {
      client.destroy();
    }
  }
}

export interface RelaySetup {
  readonly responder?: Responder;
  readonly options?: GatewayOptions;
  readonly config: (originAddress: string) => GatewayConfig;
}

/** To be called at the top of a test file or a describe block. Its tests must not run at the same time. */
export function relay(setup: RelaySetup): Relay {
  const it = new Relay();
  before(async () => {
    it.origin = await new RecordingOrigin(setup.responder).listen();
    it.gateway = await startGateway(setup.config(it.origin.address), setup.options);
  });
  after(async () => {
    await it.gateway?.stop();
    await it.origin?.close();
  });
  return it;
}

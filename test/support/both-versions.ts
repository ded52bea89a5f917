import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type net from 'node:net';

/** A service in HTTP/1.1 and one in HTTP/2 with prior knowledge, for gateways that must treat them alike. */
export class BothVersions {
  readonly plain: http.Server;
  readonly multiplexed: http2.Http2Server;

  constructor(
    h1: http.RequestListener,
    h2: (stream: http2.ServerHttp2Stream, path: string) => void,
    options: http2.ServerOptions = {},
  ) {
    this.plain = http.createServer(h1);
    this.multiplexed = http2.createServer(options);
    this.multiplexed.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      h2(stream, headers[':path'] ?? '');
    });
  }

  async listen(): Promise<this> {
    for (const server of [this.plain, this.multiplexed])
      await once(server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  /** For the configuration of a gateway: `h1` and `h2`. */
  get upstreams(): readonly Readonly<Record<string, unknown>>[] {
    return [
      { name: 'h1', endpoints: [addressOf(this.plain)] },
      { name: 'h2', endpoints: [addressOf(this.multiplexed)], protocol: 'h2' },
    ];
  }

  close(): void {
    this.plain.closeAllConnections();
    this.plain.close();
    this.multiplexed.close();
  }
}

const addressOf = (server: net.Server): string => `127.0.0.1:${(server.address() as net.AddressInfo).port}`;

/** Streams of small pieces to clients that do not read (rule C17): the service is made to wait, nothing piles up. */
import assert from 'node:assert/strict';
import http from 'node:http';
import http2 from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { BothVersions } from '../support/both-versions.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type OriginConnection, ScriptedOrigin } from '../support/origin.ts';
import { message } from '../support/wire.ts';

const MB = 1024 * 1024;
/** Below what the gateway sends as one piece, so that each is written by itself. */
const PIECE = Buffer.from(`data: ${'x'.repeat(3990)}\n\n`);
/** Together still below it: the gateway reads no more than this in one go. */
const PIECES_AT_ONCE = 3;
/** What kernels and windows on the way may hold, as long as no connection comes with a receive buffer that grew before. */
const IN_BETWEEN = 16 * MB;
/** The service has written nothing for so long. Milliseconds. */
const QUIET_MS = 400;
const PATIENCE = 20_000;

/** Writes pieces for as long as somebody takes them, up to a sum that nobody takes without reading. */
class Source {
  written = 0;
  wroteAt = performance.now();
  closed = false;
  stopped = false;
  readonly #output: http.ServerResponse | http2.ServerHttp2Stream;
  readonly #timer: NodeJS.Timeout;

  constructor(output: http.ServerResponse | http2.ServerHttp2Stream) {
    this.#output = output;
    this.#timer = setInterval(() => this.#write(), 1);
    output.on('error', () => undefined);
    output.on('close', () => {
      this.closed = true;
      clearInterval(this.#timer);
    });
  }

  #write(): void {
    for (let i = 0; i < PIECES_AT_ONCE && !this.#output.writableNeedDrain && !this.stopped; i++) {
      this.#output.write(PIECE);
      this.written += PIECE.length;
      this.wroteAt = performance.now();
    }
  }

  end(): void {
    this.stopped = true;
    this.#output.end();
  }
}

const sources: Source[] = [];
const head = { 'content-type': 'text/event-stream' };
const services = new BothVersions(
  (_request, response) => {
    // A connection that is used again may come with 32 MB of receive buffer (tcp_rmem).
    response.writeHead(200, { ...head, connection: 'close' });
    sources.push(new Source(response));
  },
  (stream) => {
    stream.respond({ ':status': 200, ...head });
    sources.push(new Source(stream));
  },
);
let gateway: Gateway;

before(async () => {
  await services.listen();
  gateway = await startGateway(
    {
      upstreams: services.upstreams,
      routes: [
        { path: '/h1', upstream: 'h1', sse: { heartbeat: '20ms' } },
        { path: '/h2', upstream: 'h2', sse: { heartbeat: '20ms' } },
      ],
    },
    { workers: 1 },
  );
});

after(async () => {
  await gateway?.stop();
  services.close();
});

/** A client that reads when it is told to. */
interface Reader {
  received: number;
  read(): void;
  destroy(): void;
}

const CLIENTS: Readonly<Record<string, (path: string) => Reader>> = {
  h1: (path) => {
    const reader: Reader = { received: 0, read: () => undefined, destroy: () => undefined };
    const request = http.get({ port: gateway.port, path, agent: false }, (response) => {
      response.pause();
      reader.read = () => response.on('data', (chunk: Buffer) => (reader.received += chunk.length)).resume();
    });
    request.on('error', () => undefined);
    reader.destroy = () => request.destroy();
    return reader;
  },
  h2: (path) => {
    const session = http2.connect(`http://127.0.0.1:${gateway.port}`);
    session.on('error', () => undefined);
    const stream = session.request({ ':path': path });
    stream.on('error', () => undefined);
    const reader: Reader = {
      received: 0,
      read: () => stream.on('data', (chunk: Buffer) => (reader.received += chunk.length)),
      destroy: () => session.destroy(),
    };
    return reader;
  },
};

describe('C17 small pieces', () => {
  for (const [version, connect] of Object.entries(CLIENTS)) {
    for (const upstream of ['h1', 'h2']) {
      it(`from ${upstream} to a client with ${version} that does not read, and then does`, async () => {
        const known = sources.length;
        const settled = gateway.rss();
        const reader = connect(`/${upstream}`);
        const source = await eventually(async () => sources[known] ?? null, 'the stream');
        await eventually(
          async () => source.written > IN_BETWEEN || performance.now() - source.wroteAt > QUIET_MS,
          'the service to wait',
          PATIENCE,
        );
        assert.ok(source.written <= IN_BETWEEN, `${source.written / MB} MB were taken`);
        // Heartbeats do not pile up either.
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
        assert.ok(gateway.rss() - settled < 40 * MB, `grew by ${(gateway.rss() - settled) / MB} MB`);
        const stalledAt = source.written;
        reader.read();
        await eventually(async () => source.written > stalledAt + 4 * MB, 'more', PATIENCE);
        source.end();
        await eventually(async () => reader.received >= source.written, 'all of it', PATIENCE);
        reader.destroy();
        await eventually(async () => source.closed, 'the end');
      });
    }
  }
});

describe('C18 a client that never reads a response which began before the end of its upload', () => {
  let limited: Gateway;
  let endpoint: ScriptedOrigin;
  /** Pieces are written until nobody takes them; of the request no more than the head is read. */
  let flooding: OriginConnection;

  before(async () => {
    endpoint = await new ScriptedOrigin(async (connection) => {
      await connection.head();
      flooding = connection;
      connection.socket.pause();
      connection.write(message('HTTP/1.1 200 OK', 'Content-Length: 1000000000'));
      const flood = (): void => {
        while (!connection.socket.destroyed && connection.socket.write(PIECE));
      };
      connection.socket.on('drain', flood);
      flood();
    }).listen();
    limited = await startGateway(
      {
        server: { limits: { body: '1GB', body_idle_timeout: '1s' } },
        upstreams: [{ name: 'endpoint', endpoints: [endpoint.address] }],
        routes: [{ path: '/*', upstream: 'endpoint' }],
      },
      { workers: 1 },
    );
  });

  after(async () => {
    await limited?.stop();
    await endpoint?.close();
  });

  const CASES = { 'and ends its upload': 10, 'and whose upload the endpoint does not take': 100 * MB };
  for (const [title, length] of Object.entries(CASES)) {
    it(`${title}: its connections are closed`, async () => {
      const client = await limited.connect();
      client.socket.pause();
      client.write(`${message('POST / HTTP/1.1', 'Host: a', `Content-Length: ${length}`)}hello`);
      // Until the gateway waits for the client to read.
      await new Promise((resolve) => setTimeout(resolve, 700));
      client.write(Buffer.alloc(length - 5));
      await eventually(async () => flooding.socket.destroyed || flooding.closedHow !== null, 'the end');
      client.destroy();
    });
  }
});

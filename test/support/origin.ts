import http from 'node:http';
import net from 'node:net';
import { ByteStream, PATIENCE } from './raw-client.ts';
import {
  type Field,
  type Head,
  readHead,
  readRequest,
  valuesOf,
  WireError,
  type WireRequest,
} from './wire.ts';

/**
 * Node takes one connection per turn of the event loop. A test that keeps its process busy with clients lets the others wait,
 * and where the queue is full their SYNs are dropped: connecting takes a second then, or fails.
 */
const BACKLOG = 4096;

/** One connection that the gateway opened to an origin. */
export class OriginConnection extends ByteStream {
  /** Counts the connections of an origin from 0. */
  readonly index: number;

  constructor(socket: net.Socket, index: number) {
    super(socket);
    this.index = index;
  }

  /** The next request head alone; its body stays unread. */
  async head(patience = PATIENCE): Promise<Head> {
    const attempt = (): Head | null => {
      const head = readHead(this.received, 0);
      if (!head && this.closedHow !== null)
        throw new WireError(`closed before a request head: ${JSON.stringify(this.received)}`);
      return head;
    };
    const head = await this.until(attempt, 'a request head', patience);
    this.take(head.end);
    return head;
  }

  /** The next request. Null when the connection closed without (another) one. */
  async request(patience = PATIENCE): Promise<WireRequest | null> {
    const request = await this.until<WireRequest | 'closed'>(
      () => {
        const closed = this.closedHow !== null;
        const parsed = readRequest(this.received, 0, closed);
        if (parsed) return parsed;
        if (closed && this.received !== '')
          throw new WireError(`request head cut short: ${JSON.stringify(this.received)}`);
        return closed ? 'closed' : null;
      },
      'a request',
      patience,
    );
    if (request === 'closed') return null;
    this.take(request.end);
    return request;
  }
}

abstract class TcpOrigin {
  readonly connections: OriginConnection[] = [];
  readonly #server: net.Server;

  constructor() {
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const connection = new OriginConnection(socket, this.connections.length);
      this.connections.push(connection);
      this.serve(connection);
    });
  }

  protected abstract serve(connection: OriginConnection): void;

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  listen(port = 0): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', BACKLOG, () => resolve(this));
    });
  }

  /** Stops listening and cuts what is open. */
  close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

export type Script = (connection: OriginConnection) => Promise<void>;

/** Runs a script for each connection: full control over bytes, pauses and closes. */
export class ScriptedOrigin extends TcpOrigin {
  /** What went wrong in scripts; a test that cares asserts that it is empty. */
  readonly failures: unknown[] = [];
  #script: Script;

  constructor(script: Script) {
    super();
    this.#script = script;
  }

  /** Changes what the next connections get. */
  use(script: Script): void {
    this.#script = script;
  }

  protected override serve(connection: OriginConnection): void {
    this.#script(connection).catch((error) => this.failures.push(error));
  }
}

export interface SeenRequest extends WireRequest {
  readonly connection: OriginConnection;
}

/** Bytes to send, or a function that writes what it likes. */
export type Responder = (request: SeenRequest) => string | Promise<string> | null;

/** Reads requests strictly, keeps all of them, answers with the exact bytes that the responder gives. */
export class RecordingOrigin extends TcpOrigin {
  readonly seen: SeenRequest[] = [];
  /** Bytes that are no HTTP/1.1 request: a gateway must never send such, whatever its client did. */
  readonly violations: string[] = [];
  readonly #byMarker = new Map<string, SeenRequest[]>();
  readonly #responder: Responder;

  constructor(responder: Responder = () => okResponse('ok')) {
    super();
    this.#responder = responder;
  }

  /** Requests whose head or body holds the marker of a corpus run, in order of arrival. */
  about(marker: string): readonly SeenRequest[] {
    return this.#byMarker.get(marker) ?? [];
  }

  protected override serve(connection: OriginConnection): void {
    this.#answerAll(connection).catch((error) => {
      this.violations.push(
        `${error instanceof Error ? error.message : error} after ${JSON.stringify(connection.received.slice(0, 300))}`,
      );
      connection.destroy();
    });
  }

  #record(seen: SeenRequest): void {
    this.seen.push(seen);
    const text = `${seen.target}\n${seen.fields.flat().join('\n')}\n${seen.body}`;
    for (const marker of new Set(text.match(MARKER))) {
      const known = this.#byMarker.get(marker);
      if (known) known.push(seen);
      else this.#byMarker.set(marker, [seen]);
    }
  }

  async #answerAll(connection: OriginConnection): Promise<void> {
    for (;;) {
      const request = await connection.request(24 * 3_600_000);
      if (!request) return connection.end();
      const seen: SeenRequest = { ...request, connection };
      this.#record(seen);
      if (!request.complete) return connection.end();
      const bytes = await this.#responder(seen);
      if (bytes !== null)
        connection.write(request.method === 'HEAD' ? bytes.slice(0, bytes.indexOf('\r\n\r\n') + 4) : bytes);
      if (valuesOf(request.fields, 'connection').some((value) => /\bclose\b/i.test(value)))
        return connection.end();
    }
  }
}

const MARKER = /idq[0-9a-z]{8}/g;

/** A plain 200 with Content-Length. */
export function okResponse(body: string, ...fields: readonly Field[]): string {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}

export interface HttpOrigin {
  readonly port: number;
  readonly address: string;
  readonly server: http.Server;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

/** An ordinary node:http service. */
export async function startHttpOrigin(
  handler: http.RequestListener,
  port = 0,
  host = '127.0.0.1',
): Promise<HttpOrigin> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, BACKLOG, resolve);
  });
  const bound = (server.address() as net.AddressInfo).port;
  return {
    port: bound,
    address: `${host}:${bound}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** WebSockets for tests: a service and a client of the `ws` package, with ways to wait for what happens. */
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { type ClientOptions, type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { eventually } from './gateway.ts';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** One end of a connection, and what it has received. */
export class Peer {
  readonly socket: WebSocket;
  /** Handshake as the service saw it; the client's end has none. */
  readonly request: http.IncomingMessage | null;
  /** Fields of the 101 as the client saw it. */
  response: http.IncomingHttpHeaders = {};
  readonly messages: Buffer[] = [];
  readonly pongs: string[] = [];
  /** Null while the connection is open. */
  closed: Closed | null = null;

  constructor(socket: WebSocket, request: http.IncomingMessage | null) {
    this.socket = socket;
    this.request = request;
    socket.on('upgrade', (response) => {
      this.response = response.headers;
    });
    socket.on('message', (data: RawData) => this.messages.push(data as Buffer));
    socket.on('pong', (data: Buffer) => this.pongs.push(data.toString()));
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  get texts(): string[] {
    return this.messages.map((message) => message.toString());
  }

  /** Waits until that many messages have come, and gives the last one. */
  async message(count = 1): Promise<Buffer> {
    await eventually(async () => this.messages.length >= count, `message ${count}`);
    return this.messages[count - 1]!;
  }

  untilClosed(): Promise<Closed> {
    return eventually(async () => this.closed, 'the WebSocket to close');
  }
}

/** Sends back what it gets. `/greet` speaks first; other paths that begin with `/status/` refuse with that status. */
export class WebSocketService {
  readonly peers: Peer[] = [];
  /** Requests that were no handshake, or one that was refused. */
  readonly refused: http.IncomingMessage[] = [];
  readonly #http: http.Server | https.Server;
  readonly #server: WebSocketServer;

  /** @param tls for a service that is reached over TLS */
  constructor(options: ServerOptions = {}, tls: { cert: string; key: string } | null = null) {
    const answer: http.RequestListener = (request, response) => {
      this.refused.push(request);
      response.end('no WebSocket');
    };
    this.#http = tls === null ? http.createServer(answer) : https.createServer(tls, answer);
    this.#server = new WebSocketServer({ noServer: true, ...options });
    this.#http.on('upgrade', (request, socket: net.Socket, head) => {
      const status = /^\/status\/(\d+)/.exec(request.url ?? '')?.[1];
      if (status !== undefined) {
        this.refused.push(request);
        socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`);
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (opened) => this.#serve(opened, request));
    });
  }

  #serve(socket: WebSocket, request: http.IncomingMessage): void {
    const peer = new Peer(socket, request);
    this.peers.push(peer);
    if (request.url?.startsWith('/greet')) socket.send('welcome');
    socket.on('message', (data: Buffer, binary: boolean) => socket.send(data, { binary }));
  }

  get port(): number {
    return (this.#http.address() as net.AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get latest(): Peer {
    return this.peers.at(-1)!;
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', 1024, resolve));
    return this;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.peers) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

/** The status and fields of a refused handshake. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;

  constructor(response: http.IncomingMessage) {
    super(`refused with ${response.statusCode}`);
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
  }
}

/** A connected client. @throws Refused when the answer is no 101 */
export function connect(
  port: number,
  path: string,
  options: ClientOptions & { protocols?: string[] } = {},
): Promise<Peer> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, rest);
  const peer = new Peer(socket, null);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(peer));
    socket.once('error', reject);
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      reject(new Refused(response));
    });
  });
}

/** Status with which a handshake is refused; 101 when it is not. */
export async function statusOf(port: number, path: string, options: ClientOptions = {}): Promise<number> {
  try {
    const peer = await connect(port, path, options);
    peer.socket.close();
    return 101;
  } catch (error) {
    if (error instanceof Refused) return error.status;
    throw error;
  }
}

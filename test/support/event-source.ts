/** Server-sent events for tests: a service whose streams the test writes, and a client that reads them. */
import http from 'node:http';
import type net from 'node:net';
import { eventually } from './gateway.ts';

export class EventService {
  readonly streams: EventStreamAtService[] = [];
  readonly #server = http.createServer((request, response) => {
    const stream = new EventStreamAtService(request, response);
    this.streams.push(stream);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://service');
    if (pathname.endsWith('/late')) return;
    const type = searchParams.get('type') ?? 'text/event-stream';
    const more =
      searchParams.get('coding') === null ? {} : { 'content-encoding': searchParams.get('coding')! };
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache', ...more });
    response.flushHeaders();
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', 1024, resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get latest(): EventStreamAtService {
    return this.streams.at(-1)!;
  }

  /** The latest stream of that target. */
  of(target: string): EventStreamAtService {
    return this.streams.findLast(({ request }) => request.url === target)!;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export class EventStreamAtService {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  /** Milliseconds of `performance.now()` at which the connection closed; 0 while it is open. */
  closedAt = 0;

  constructor(request: http.IncomingMessage, response: http.ServerResponse) {
    this.request = request;
    this.response = response;
    response.on('close', () => {
      this.closedAt = performance.now();
    });
  }

  send(text: string): void {
    this.response.write(text);
  }
}

/** A client that keeps every byte and when it came. */
export class EventClient {
  readonly #request: http.ClientRequest;
  headers: http.IncomingHttpHeaders = {};
  status = 0;
  text = '';
  /** When each read came, in milliseconds of `performance.now()`. */
  readonly arrivals: number[] = [];
  /** `end`: complete. `cut`: the connection broke before. */
  ended: 'end' | 'cut' | null = null;

  constructor(port: number, path: string, headers: http.OutgoingHttpHeaders = {}) {
    const accept = 'text/event-stream';
    this.#request = http.get({
      port,
      host: '127.0.0.1',
      path,
      agent: false,
      headers: { accept, ...headers },
    });
    this.#request.on('error', () => {
      this.ended ??= 'cut';
    });
    this.#request.on('response', (response) => {
      this.headers = response.headers;
      this.status = response.statusCode ?? 0;
      response.setEncoding('utf8').on('data', (piece: string) => {
        this.text += piece;
        this.arrivals.push(performance.now());
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        this.ended = response.complete ? 'end' : 'cut';
      });
    });
  }

  static async open(
    port: number,
    path: string,
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<EventClient> {
    const client = new EventClient(port, path, headers);
    await eventually(async () => client.status !== 0 || client.ended !== null, 'the head of the stream');
    return client;
  }

  /** Without comments and empty lines. */
  get lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  }

  until(text: string): Promise<boolean> {
    return eventually(async () => this.text.includes(text), JSON.stringify(text));
  }

  untilEnded(): Promise<'end' | 'cut'> {
    return eventually(async () => this.ended, 'the end of the stream');
  }

  close(): void {
    this.#request.destroy();
  }
}

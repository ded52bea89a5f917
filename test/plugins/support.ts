import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Agent, request } from 'undici';

export interface Answer {
  readonly status: number;
  /** Names in lower case; repeated fields joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends a request and reads the whole answer; nothing is decoded. */
export async function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer; agent?: Agent } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent } = options;
  const response = await request(`http://127.0.0.1:${port}${path}`, {
    method: method as 'GET',
    headers,
    ...(body === undefined ? {} : { body }),
    ...(agent === undefined ? {} : { dispatcher: agent }),
  });
  const fields = Object.entries(response.headers).map(([name, value]) => [
    name,
    String(value ?? '')
      .replaceAll(',', ', ')
      .replaceAll(',  ', ', '),
  ]);
  return {
    status: response.statusCode,
    headers: Object.fromEntries(fields) as Record<string, string>,
    body: Buffer.from(await response.body.arrayBuffer()),
  };
}

/** A service made with node:http. */
export class Service {
  readonly #server: http.Server;
  /** Requests so far, the latest last. */
  readonly seen: http.IncomingMessage[] = [];

  constructor(respond: (request: http.IncomingMessage, response: http.ServerResponse) => void) {
    this.#server = http.createServer((request, response) => {
      this.seen.push(request);
      respond(request, response);
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

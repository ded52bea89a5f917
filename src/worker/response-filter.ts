import type { PluginExchange } from '../plugins/api.ts';
import { BodyFilter, type FilterTarget } from './body-filter.ts';
import type { ChainLink } from './chain.ts';
import type { BodyOutput } from './event-stream.ts';

const EMPTY = Buffer.alloc(0);

/** What a response filter asks of its exchange. */
export interface ResponseFilterHost {
  /** The client, or a hook (`held`), is slow: stop or go on reading from the endpoint. */
  holdResponseBody(held: boolean): void;
  onDownstreamBlocked(): void;
  /** A hook threw, or (error null) the body exceeds a plugin's cap. */
  bodyHookFailed(plugin: string, error: unknown): void;
}

/** Sends the response body through the body hooks and then to the client. */
export class ResponseFilter implements FilterTarget {
  readonly #filter: BodyFilter;
  readonly #output: BodyOutput;
  readonly #host: ResponseFilterHost;
  #trailers = '';
  #sendHead: (() => void) | null = null;

  constructor(
    links: readonly ChainLink[],
    exchange: PluginExchange,
    output: BodyOutput,
    host: ResponseFilterHost,
  ) {
    this.#filter = new BodyFilter(links, 'onResponseBody', exchange, this);
    this.#output = output;
    this.#host = host;
  }

  get collects(): boolean {
    return this.#filter.collects;
  }

  /** @param send is called when the first of the body comes out: until then the answer can still be another one */
  holdHead(send: () => void): void {
    this.#sendHead = send;
  }

  /** @param length what the client is told */
  expect(length: number): void {
    this.#filter.expect(length);
  }

  stop(): void {
    this.#filter.stop();
  }

  /** @param chunk is kept */
  write(chunk: Uint8Array): void {
    if (!this.#filter.write(chunk, false)) this.#host.holdResponseBody(true);
  }

  end(trailers: string): void {
    this.#trailers = trailers;
    this.#filter.write(EMPTY, true);
  }

  onFiltered(chunk: Buffer, last: boolean): void {
    this.#sendHead?.();
    this.#sendHead = null;
    if (chunk.length > 0 && !this.#output.sendBody(chunk, 0, chunk.length)) this.#host.onDownstreamBlocked();
    if (last) this.#output.endBody(this.#trailers);
    else this.#output.flush();
  }

  onFilterReady(): void {
    this.#host.holdResponseBody(false);
  }

  onFilterFailed(plugin: string, error: unknown): void {
    this.#host.bodyHookFailed(plugin, error);
  }
}

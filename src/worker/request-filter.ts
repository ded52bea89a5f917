import type { RequestBodySink } from '../engine/downstream.ts';
import type { ErrorCode } from '../http/errors.ts';
import type { PluginExchange } from '../plugins/api.ts';
import { retain } from '../shared/read-buffer.ts';
import { BodyFilter, type FilterTarget } from './body-filter.ts';
import type { ChainLink } from './chain.ts';

/** What a request filter asks of its exchange. */
export interface RequestFilterHost {
  holdRequestBody(held: boolean): void;
  /** A hook threw, or (error null) the body exceeds a plugin's cap. */
  requestHookFailed(plugin: string, error: unknown): void;
}

/** Stands between the engine and the upstream call: the request body goes through the body hooks. */
export class RequestFilter implements RequestBodySink, FilterTarget {
  readonly #filter: BodyFilter;
  readonly #host: RequestFilterHost;
  #sink: RequestBodySink | null = null;

  constructor(links: readonly ChainLink[], exchange: PluginExchange, host: RequestFilterHost) {
    this.#filter = new BodyFilter(links, 'onRequestBody', exchange, this);
    this.#host = host;
  }

  /** The whole body is collected before any of it goes on, so its length changes hands. */
  get collects(): boolean {
    return this.#filter.collects;
  }

  /** @param length what the endpoint is told; -1 when it is told none */
  into(sink: RequestBodySink, length: number): this {
    this.#sink = sink;
    this.#filter.expect(length);
    return this;
  }

  stop(): void {
    this.#filter.stop();
  }

  onRequestData(chunk: Buffer): void {
    if (!this.#filter.write(retain(chunk), false)) this.#host.holdRequestBody(true);
  }

  onRequestEnd(): void {
    this.#filter.write(Buffer.alloc(0), true);
  }

  onRequestFailed(code: ErrorCode): void {
    this.#filter.stop();
    this.#sink?.onRequestFailed(code);
  }

  onFiltered(chunk: Buffer, last: boolean): void {
    if (chunk.length > 0) this.#sink?.onRequestData(chunk);
    if (last) this.#sink?.onRequestEnd('');
  }

  onFilterReady(): void {
    this.#host.holdRequestBody(false);
  }

  onFilterFailed(plugin: string, error: unknown): void {
    this.#host.requestHookFailed(plugin, error);
  }
}

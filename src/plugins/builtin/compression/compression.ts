import type { MaybePromise, PluginExchange, PluginHooks, PluginResponse } from '../../api.ts';
import type { CheckedPlugin } from '../../checked-plugin.ts';
import { addVary } from '../../vary.ts';
import { isCompressible, isEligible, TypeFilter } from './eligible.ts';
import { Encoder, isSupported } from './encoder.ts';
import { ENCODINGS, type Encoding } from './encodings.ts';
import { Negotiator } from './negotiate.ts';
import type { CompressionConfig } from './schema.ts';

/** Compression on the fly by rule B14. */
export const compressionPlugin: CheckedPlugin<CompressionConfig> = {
  name: 'compression',
  version: '1.0.0',
  setup(config, context) {
    const offered = config.algorithms.filter(isSupported);
    if (offered.length === 0)
      throw new Error('this Node.js has none of the configured algorithms; zstd needs 22.15');
    if (offered.length < config.algorithms.length) {
      // All three are the default: then nobody has asked for it, and every route with the plugin would say so.
      const level = config.algorithms.length === ENCODINGS.length ? 'debug' : 'info';
      context.log(level, 'zstd is not offered: it needs Node.js 22.15 or newer');
    }
    return new Compression(config, offered);
  },
};

/** Longest time that a slow body of known length is held back in the compressor. */
const STALL_MS = 50;

class Compression implements PluginHooks {
  readonly #config: CompressionConfig;
  readonly #types: TypeFilter;
  readonly #negotiator: Negotiator;

  constructor(config: CompressionConfig, offered: readonly Encoding[]) {
    this.#config = config;
    this.#types = new TypeFilter(config.types);
    this.#negotiator = new Negotiator(offered);
  }

  onResponse(exchange: PluginExchange, response: PluginResponse): void {
    const { headers } = response;
    if (response.status === 304) matchWeakTag(exchange, response);
    if (!isEligible(response, this.#types, this.#config.min_size)) return;
    addVary(headers, 'Accept-Encoding');
    if (!isCompressible(exchange.request, response)) return;
    const encoding = this.#negotiator.choose(exchange.request.headers.getAll('Accept-Encoding').join(','));
    if (encoding === null) return;

    // Without Content-Length the service may be streaming: what it wrote must reach the client at once.
    const streaming = !headers.has('Content-Length');
    headers.set('Content-Encoding', encoding);
    headers.delete('Content-Length');
    headers.delete('Accept-Ranges');
    const tag = headers.get('ETag');
    if (tag?.startsWith('"')) headers.set('ETag', `W/${tag}`);
    exchange.locals.set(this, new Encoder(encoding, this.#config, streaming));
  }

  onResponseBody(
    exchange: PluginExchange,
    chunk: Uint8Array,
    last: boolean,
  ): MaybePromise<Uint8Array | undefined> {
    const encoder = exchange.locals.get(this) as Encoder | undefined;
    if (encoder === undefined) return undefined;
    if (last) return encoder.finish(chunk);
    return encoder.push(chunk, performance.now() - encoder.lastOutput > STALL_MS);
  }

  onEnd(exchange: PluginExchange): void {
    (exchange.locals.get(this) as Encoder | undefined)?.close();
  }
}

/**
 * The client asked with the weak tag of a compressed response and the service answers with its strong one: only equal
 * tags let a cache freshen what it holds (RFC 9111 section 4.3.4).
 */
function matchWeakTag(exchange: PluginExchange, response: PluginResponse): void {
  const tag = response.headers.get('ETag');
  if (!tag?.startsWith('"')) return;
  const weak = `W/${tag}`;
  if (exchange.request.headers.getAll('If-None-Match').some((tags) => tags.includes(weak)))
    response.headers.set('ETag', weak);
}

import type { HeaderView, PluginRequest, PluginResponse } from '../../api.ts';

const CACHE_ENTRIES = 256;

/** Which media types are compressed, remembered by the Content-Type values that services really send. */
export class TypeFilter {
  readonly #exact = new Set<string>();
  readonly #groups = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #cache = new Map<string, boolean>();

  constructor(types: readonly string[]) {
    for (const type of types) {
      if (type.startsWith('*+')) this.#suffixes.push(type.slice(1));
      else if (type.endsWith('/*')) this.#groups.add(type.slice(0, -2));
      else this.#exact.add(type);
    }
  }

  admits(contentType: string): boolean {
    const known = this.#cache.get(contentType);
    if (known !== undefined) return known;
    const admitted = this.#decide(contentType);
    if (this.#cache.size >= CACHE_ENTRIES) this.#cache.clear();
    this.#cache.set(contentType, admitted);
    return admitted;
  }

  #decide(contentType: string): boolean {
    const semicolon = contentType.indexOf(';');
    const type = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
    // Rule B14: an event must not wait in a compressor, and gRPC frames its own compression.
    if (type === 'text/event-stream' || type.startsWith('application/grpc')) return false;
    if (this.#exact.has(type) || this.#groups.has(type.slice(0, type.indexOf('/')))) return true;
    return this.#suffixes.some((suffix) => type.endsWith(suffix));
  }
}

/** Fields by which a service vouches for the exact bytes: they would be wrong after any change. */
const DIGESTS = ['Content-Digest', 'Repr-Digest', 'Digest', 'Content-MD5'] as const;

/**
 * Whether the response would be compressed for a client that asks for it, so that it depends on Accept-Encoding even
 * when this client does not.
 */
export function isEligible(response: PluginResponse, types: TypeFilter, minSize: number): boolean {
  const { headers } = response;
  const contentType = headers.get('Content-Type');
  if (contentType === undefined || !types.admits(contentType)) return false;
  if (headers.getAll('Content-Encoding').some((coding) => coding.toLowerCase() !== 'identity')) return false;
  const length = headers.get('Content-Length');
  if (length !== undefined && Number(length) < minSize) return false;
  if (forbidsTransform(headers)) return false;
  return !DIGESTS.some((name) => headers.has(name));
}

/** Not when there is no body, or one that is no whole representation (rule B14). */
export function isCompressible(request: PluginRequest, response: PluginResponse): boolean {
  const { status } = response;
  if (!response.hasBody || status < 200 || status === 204 || status === 206 || status === 304) return false;
  return request.method !== 'HEAD' && !forbidsTransform(request.headers);
}

const NO_TRANSFORM = /(?:^|[\s,])no-transform(?:[\s,]|$)/i;

/** RFC 9111 sections 5.2.1.6 and 5.2.2.6. */
function forbidsTransform(headers: HeaderView): boolean {
  return headers.getAll('Cache-Control').some((value) => NO_TRANSFORM.test(value));
}

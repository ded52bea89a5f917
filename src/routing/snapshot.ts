import type { PredicateSet } from './compile.ts';
import { HostIndex } from './host-index.ts';
import { type MatchConditions, Matcher, NO_ROUTE } from './matcher.ts';
import { methodBit, sortMethods } from './methods.ts';
import type { PluginInstance, Route, Upstream } from './model.ts';
import { type PathPattern, parsePattern } from './pattern.ts';
import { patternRegex } from './pattern-match.ts';
import { type PredicateSource, Predicates } from './predicates.ts';
import { RecordCache, RecordReader } from './record-reader.ts';
import {
  HEADER_MAGIC,
  HEADER_MAX_DEPTH,
  HEADER_MAX_PARAMS,
  HEADER_PLUGIN_RECORDS,
  HEADER_PREDICATE_RECORDS,
  HEADER_ROUTE_COUNT,
  HEADER_ROUTE_RECORDS,
  HEADER_UPSTREAM_RECORDS,
  HEADER_VERSION,
  MAGIC,
} from './snapshot-layout.ts';

interface RouteRecord {
  readonly route: Route;
  readonly pattern: PathPattern;
}

/** Of a pattern without parameters. */
const NO_CAPTURES: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/**
 * One generation of routing state, read in place from the buffer that `compileSnapshot` made. Each thread has its own
 * reader over the shared buffer; making one costs the same for ten routes and for 100,000, because records are decoded
 * when they are asked for the first time.
 */
export class Snapshot {
  readonly version: number;
  readonly routeCount: number;
  /** Where the parameters of the last `find` begin in its path, in the order of the pattern. */
  readonly paramStart: Int32Array;
  /** Where they end. */
  readonly paramEnd: Int32Array;
  readonly #matcher: Matcher;
  readonly #methods: readonly string[];
  readonly #routes: RecordCache<RouteRecord>;
  readonly #upstreams: RecordCache<Upstream>;
  readonly #plugins: RecordCache<PluginInstance>;
  /** What `paramStart` and `paramEnd` belong to. */
  #lastIndex = NO_ROUTE;
  #lastPath = '';
  #upstreamIndexes: ReadonlyMap<string, number> | null = null;

  /** @throws TypeError when the buffer holds no snapshot */
  constructor(buffer: SharedArrayBuffer) {
    const words = new Int32Array(buffer);
    const bytes = new Uint8Array(buffer);
    if (words[HEADER_MAGIC] !== MAGIC) throw new TypeError('the buffer holds no routing snapshot');
    this.version = new Float64Array(buffer, 0, HEADER_VERSION)[HEADER_VERSION >> 1]!;
    this.routeCount = words[HEADER_ROUTE_COUNT]!;

    const reader = new RecordReader(words, bytes);
    const routes = new RecordCache(reader, words[HEADER_ROUTE_RECORDS]!, toRouteRecord);
    this.#methods = reader.catalog.methods;
    this.#routes = routes;
    this.#upstreams = new RecordCache(
      reader,
      words[HEADER_UPSTREAM_RECORDS]!,
      (record) => record as Upstream,
    );
    this.#plugins = new RecordCache(
      reader,
      words[HEADER_PLUGIN_RECORDS]!,
      (record) => record as PluginInstance,
    );

    const predicates = new RecordCache(reader, words[HEADER_PREDICATE_RECORDS]!, toPredicates);
    const conditions: MatchConditions = {
      predicatesHold: (set, source) => predicates.get(set).hold(source),
      routeLists: (route, method) => routes.get(route).route.methods.includes(method),
    };
    this.#matcher = new Matcher(
      words,
      bytes,
      new HostIndex(words, bytes),
      conditions,
      words[HEADER_MAX_PARAMS]!,
      words[HEADER_MAX_DEPTH]!,
    );
    this.paramStart = this.#matcher.paramStart;
    this.paramEnd = this.#matcher.paramEnd;
  }

  /**
   * Finds the route of a request.
   *
   * @param host lower case, without port
   * @param path canonical path (rule B13)
   * @returns a route index, `NO_ROUTE`, or `METHOD_NOT_ALLOWED`
   */
  find(host: string, path: string, method: string, source: PredicateSource): number {
    const index = this.#matcher.find(host, path, method, methodBit(method, this.#methods), source);
    this.#lastIndex = index;
    this.#lastPath = path;
    return index;
  }

  /**
   * The value of `Allow` after `METHOD_NOT_ALLOWED`: the methods of all routes that match otherwise, with HEAD when
   * GET is among them (RFC 9110 section 10.2.1).
   */
  allowedMethods(host: string, path: string, source: PredicateSource): string[] {
    const collected = new Set<number>();
    this.#matcher.collected = collected;
    this.#matcher.find(host, path, '', 0, source);
    this.#matcher.collected = null;
    this.#lastIndex = NO_ROUTE;
    const methods = new Set<string>();
    for (const index of collected) {
      for (const method of this.route(index).methods) methods.add(method);
    }
    if (methods.has('GET')) methods.add('HEAD');
    return sortMethods(methods);
  }

  /**
   * The percent-decoded parameters of a route that `find` returned for `path`. Cheapest before the next `find`, but
   * right at any time: a plugin may have taken its time, and other requests came between.
   */
  params(index: number, path: string): Readonly<Record<string, string>> {
    const params = this.captures(index, path) as Record<string, string>;
    for (const name in params) params[name] = decode(params[name]!);
    return params;
  }

  /** The same as they stand in the path, escapes and all. */
  captures(index: number, path: string): Readonly<Record<string, string>> {
    const { pattern } = this.#routes.get(index);
    const { params: names } = pattern;
    if (names.length === 0) return NO_CAPTURES;
    const captures = Object.create(null) as Record<string, string>;
    if (index === this.#lastIndex && path === this.#lastPath) {
      for (let i = 0; i < names.length; i++) {
        captures[names[i]!] = path.slice(this.paramStart[i]!, this.paramEnd[i]!);
      }
      return captures;
    }
    const groups = patternRegex(pattern).exec(path);
    names.forEach((name, i) => {
      captures[name] = groups?.[i + 1] ?? '';
    });
    return captures;
  }

  /** @throws RangeError when there is no such route */
  route(index: number): Route {
    return this.#routes.get(index).route;
  }

  upstream(key: string | number): Upstream | undefined {
    const index = typeof key === 'number' ? key : this.#upstreamIndex(key);
    if (index === undefined || !(index >= 0 && index < this.#upstreams.count)) return undefined;
    return this.#upstreams.get(index);
  }

  upstreams(): Upstream[] {
    return this.#upstreams.all();
  }

  upstreamNames(): string[] {
    return this.upstreams().map((upstream) => upstream.name);
  }

  plugins(): PluginInstance[] {
    return this.#plugins.all();
  }

  #upstreamIndex(name: string): number | undefined {
    this.#upstreamIndexes ??= new Map(this.upstreamNames().map((known, index) => [known, index]));
    return this.#upstreamIndexes.get(name);
  }
}

function toPredicates(record: unknown): Predicates {
  const { headers, query } = record as PredicateSet;
  return new Predicates(headers, query);
}

function toRouteRecord(record: unknown): RouteRecord {
  const route = record as Route;
  const parsed = parsePattern(route.path);
  if (!parsed.ok) throw new TypeError(`${route.path}: ${parsed.message}`);
  return { route, pattern: parsed.pattern };
}

/** A value whose escapes are no UTF-8 stays as it was sent. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

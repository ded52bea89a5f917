import {
  distinctPredicates,
  findConflicts,
  orderEntries,
  type RouteConflict,
  type RouteFacts,
} from './entries.ts';
import { methodMask } from './methods.ts';
import type { FieldPredicate, Route, RouteSet } from './model.ts';
import { type PathPattern, parsePattern } from './pattern.ts';
import { RecordWriter } from './record-writer.ts';
import {
  type Catalog,
  HEADER_ANY_HOST,
  HEADER_CATALOG,
  HEADER_HOST_MASK,
  HEADER_HOSTS,
  HEADER_MAGIC,
  HEADER_MAX_DEPTH,
  HEADER_MAX_PARAMS,
  HEADER_PLUGIN_RECORDS,
  HEADER_PREDICATE_RECORDS,
  HEADER_ROUTE_COUNT,
  HEADER_ROUTE_RECORDS,
  HEADER_UPSTREAM_RECORDS,
  HEADER_VERSION,
  HEADER_WILDCARD_HOSTS,
  HEADER_WORDS,
  HOST_HASH,
  HOST_KEY,
  HOST_LENGTH,
  HOST_ROOT,
  HOST_WORDS,
  hashBackwards,
  MAGIC,
  MAX_HOST_LENGTH,
} from './snapshot-layout.ts';
import { TrieBuilder } from './trie.ts';
import { writeTrie } from './trie-writer.ts';
import { WordWriter } from './word-writer.ts';

export interface CompileResult {
  /** Immutable from here on; read with `Snapshot`. */
  readonly buffer: SharedArrayBuffer;
  readonly conflicts: readonly RouteConflict[];
  /** Routes that cannot be matched at all and are left out; the others are not touched. */
  readonly refused: readonly { readonly route: Route; readonly reason: string }[];
}

/** Compiles everything the workers route with into one buffer that they share. */
export function compileSnapshot(routeSet: RouteSet, version: number): CompileResult {
  const table = new RouteTable(routeSet.routes);
  const writer = new WordWriter(HEADER_WORDS);
  const conflicts: RouteConflict[] = [];
  const order = (last: number) => {
    const facts = table.tries.listed(last).map((index) => table.facts[index]!);
    if (facts.length > 1) conflicts.push(...findConflicts(facts));
    return orderEntries(facts);
  };

  let depth = 1;
  const roots = new Map<string, number>();
  for (const [host, root] of table.tries.roots) {
    depth = Math.max(depth, writeTrie(writer, root, order));
    roots.set(host, root.offset);
  }
  const anyHost = roots.get('') ?? 0;
  roots.delete('');
  const hosts = writeHosts(writer, roots);

  const records = new RecordWriter();
  const header: [number, number][] = [
    [HEADER_MAGIC, MAGIC],
    [HEADER_ROUTE_COUNT, table.facts.length],
    [HEADER_MAX_PARAMS, table.maxParams],
    [HEADER_MAX_DEPTH, depth],
    [HEADER_ANY_HOST, anyHost],
    [HEADER_HOSTS, hosts.at],
    [HEADER_HOST_MASK, hosts.mask],
    [HEADER_WILDCARD_HOSTS, [...roots.keys()].some((host) => host.startsWith('.')) ? 1 : 0],
    [
      HEADER_ROUTE_RECORDS,
      records.addTable(
        writer,
        table.facts.map(({ route }) => route),
      ),
    ],
    [HEADER_UPSTREAM_RECORDS, records.addTable(writer, routeSet.upstreams)],
    [HEADER_PLUGIN_RECORDS, records.addTable(writer, routeSet.plugins)],
    [HEADER_PREDICATE_RECORDS, records.addTable(writer, table.predicateSets)],
  ];
  const catalog: Catalog = { methods: table.customMethods, structures: records.structures };
  const asJson = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  header.push([HEADER_CATALOG, records.addTable(writer, [catalog], asJson)]);
  for (const [at, value] of header) writer.words[at] = value;
  new Float64Array(writer.words.buffer)[HEADER_VERSION >> 1] = version;

  return { buffer: records.finish(writer), conflicts, refused: table.refused };
}

/** The predicates of a route as the reader evaluates them. */
export interface PredicateSet {
  readonly headers: readonly FieldPredicate[];
  readonly query: readonly FieldPredicate[];
}

const NO_PREDICATES = { predicateCount: 0, predicateSet: -1 };

/** The accepted routes, numbered in the order in which they were given, sorted into one trie per host. */
class RouteTable {
  readonly facts: RouteFacts[] = [];
  readonly refused: { route: Route; reason: string }[] = [];
  readonly tries = new TrieBuilder();
  readonly customMethods: string[] = [];
  readonly predicateSets: PredicateSet[] = [];
  maxParams = 0;
  readonly #predicateSetIndexes = new Map<string, number>();

  constructor(routes: readonly Route[]) {
    const ranks = rankPriorities(routes);
    for (const route of routes) {
      const parsed = parsePattern(route.path);
      const reason = parsed.ok ? refusal(route) : `path ${JSON.stringify(route.path)}: ${parsed.message}`;
      if (!parsed.ok || reason !== '') this.refused.push({ route, reason });
      else this.#add(route, parsed.pattern, ranks.get(route.priority)!);
    }
  }

  #add(route: Route, pattern: PathPattern, rank: number): void {
    const host = route.host.startsWith('*.') ? route.host.slice(1) : route.host;
    const index = this.facts.length;
    this.tries.insert(host, pattern, index);
    const methods = methodMask(route.methods, this.customMethods);
    const { predicateCount, predicateSet } = this.#predicates(route);
    this.facts.push({ index, route, rank, methods, predicateCount, predicateSet });
    this.maxParams = Math.max(this.maxParams, pattern.params.length);
  }

  #predicates({ headers, query }: Route): { predicateCount: number; predicateSet: number } {
    if (headers.length === 0 && query.length === 0) return NO_PREDICATES;
    const keys = [distinctPredicates(headers), distinctPredicates(query)];
    const key = JSON.stringify(keys);
    let predicateSet = this.#predicateSetIndexes.get(key);
    if (predicateSet === undefined) {
      predicateSet = this.predicateSets.push({ headers, query }) - 1;
      this.#predicateSetIndexes.set(key, predicateSet);
    }
    return { predicateCount: keys[0]!.length + keys[1]!.length, predicateSet };
  }
}

function rankPriorities(routes: readonly Route[]): Map<number, number> {
  const priorities = [...new Set(routes.map((route) => route.priority))].sort((a, b) => a - b);
  return new Map(priorities.map((priority, rank) => [priority, rank]));
}

function refusal(route: Route): string {
  const suffix = route.host.startsWith('*.') ? route.host.slice(2) : route.host;
  const named = suffix !== '' || route.host === '';
  if (!named || !/^[!-~]*$/.test(suffix) || /^\.|\*/.test(suffix) || suffix.length >= MAX_HOST_LENGTH) {
    return `host ${JSON.stringify(route.host)} is neither an ASCII host name nor "*." and one`;
  }
  for (const { kind, name, value } of [...route.headers, ...route.query]) {
    if (kind !== 'regex') continue;
    try {
      new RegExp(value);
    } catch (error) {
      return `predicate on ${name}: ${(error as Error).message}`;
    }
  }
  return '';
}

function writeHosts(writer: WordWriter, roots: ReadonlyMap<string, number>): { at: number; mask: number } {
  if (roots.size === 0) return { at: 0, mask: -1 };
  const slots = 2 ** Math.ceil(Math.log2(2 * roots.size));
  const mask = slots - 1;
  const at = writer.reserve(slots * HOST_WORDS);
  for (const [host, root] of roots) {
    const key = writer.addText(host);
    const { words } = writer;
    const hash = hashBackwards(host);
    let slot = hash & mask;
    while (words[at + slot * HOST_WORDS + HOST_ROOT] !== 0) slot = (slot + 1) & mask;
    const slotAt = at + slot * HOST_WORDS;
    words[slotAt + HOST_HASH] = hash;
    words[slotAt + HOST_KEY] = key;
    words[slotAt + HOST_LENGTH] = host.length;
    words[slotAt + HOST_ROOT] = root;
  }
  return { at, mask };
}

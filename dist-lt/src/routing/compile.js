import { distinctPredicates, findConflicts, orderEntries, } from './entries.js';
import { methodMask } from './methods.js';
import { parsePattern } from './pattern.js';
import { RecordWriter } from './record-writer.js';
import { HEADER_ANY_HOST, HEADER_CATALOG, HEADER_HOST_MASK, HEADER_HOSTS, HEADER_MAGIC, HEADER_MAX_DEPTH, HEADER_MAX_PARAMS, HEADER_PLUGIN_RECORDS, HEADER_PREDICATE_RECORDS, HEADER_ROUTE_COUNT, HEADER_ROUTE_RECORDS, HEADER_UPSTREAM_RECORDS, HEADER_VERSION, HEADER_WILDCARD_HOSTS, HEADER_WORDS, HOST_HASH, HOST_KEY, HOST_LENGTH, HOST_ROOT, HOST_WORDS, hashBackwards, MAGIC, MAX_HOST_LENGTH, } from './snapshot-layout.js';
import { TrieBuilder } from './trie.js';
import { writeTrie } from './trie-writer.js';
import { WordWriter } from './word-writer.js';
/** Compiles everything the workers route with into one buffer that they share. */
export function compileSnapshot(routeSet, version) {
    const table = new RouteTable(routeSet.routes);
    const writer = new WordWriter(HEADER_WORDS);
    const conflicts = [];
    const order = (last) => {
        const facts = table.tries.listed(last).map((index) => table.facts[index]);
        if (facts.length > 1)
            conflicts.push(...findConflicts(facts));
        return orderEntries(facts);
    };
    let depth = 1;
    const roots = new Map();
    for (const [host, root] of table.tries.roots) {
        depth = Math.max(depth, writeTrie(writer, root, order));
        roots.set(host, root.offset);
    }
    const anyHost = roots.get('') ?? 0;
    roots.delete('');
    const hosts = writeHosts(writer, roots);
    const records = new RecordWriter();
    const header = [
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
            records.addTable(writer, table.facts.map(({ route }) => route)),
        ],
        [HEADER_UPSTREAM_RECORDS, records.addTable(writer, routeSet.upstreams)],
        [HEADER_PLUGIN_RECORDS, records.addTable(writer, routeSet.plugins)],
        [HEADER_PREDICATE_RECORDS, records.addTable(writer, table.predicateSets)],
    ];
    const catalog = { methods: table.customMethods, structures: records.structures };
    const asJson = (value) => new TextEncoder().encode(JSON.stringify(value));
    header.push([HEADER_CATALOG, records.addTable(writer, [catalog], asJson)]);
    for (const [at, value] of header)
        writer.words[at] = value;
    new Float64Array(writer.words.buffer)[HEADER_VERSION >> 1] = version;
    return { buffer: records.finish(writer), conflicts, refused: table.refused };
}
const NO_PREDICATES = { predicateCount: 0, predicateSet: -1 };
/** The accepted routes, numbered in the order in which they were given, sorted into one trie per host. */
class RouteTable {
    facts = [];
    refused = [];
    tries = new TrieBuilder();
    customMethods = [];
    predicateSets = [];
    maxParams = 0;
    #predicateSetIndexes = new Map();
    constructor(routes) {
        const ranks = rankPriorities(routes);
        for (const route of routes) {
            const parsed = parsePattern(route.path);
            const reason = parsed.ok ? refusal(route) : `path ${JSON.stringify(route.path)}: ${parsed.message}`;
            if (!parsed.ok || reason !== '')
                this.refused.push({ route, reason });
            else
                this.#add(route, parsed.pattern, ranks.get(route.priority));
        }
    }
    #add(route, pattern, rank) {
        const host = route.host.startsWith('*.') ? route.host.slice(1) : route.host;
        const index = this.facts.length;
        this.tries.insert(host, pattern, index);
        const methods = methodMask(route.methods, this.customMethods);
        const { predicateCount, predicateSet } = this.#predicates(route);
        this.facts.push({ index, route, rank, methods, predicateCount, predicateSet });
        this.maxParams = Math.max(this.maxParams, pattern.params.length);
    }
    #predicates({ headers, query }) {
        if (headers.length === 0 && query.length === 0)
            return NO_PREDICATES;
        const keys = [distinctPredicates(headers), distinctPredicates(query)];
        const key = JSON.stringify(keys);
        let predicateSet = this.#predicateSetIndexes.get(key);
        if (predicateSet === undefined) {
            predicateSet = this.predicateSets.push({ headers, query }) - 1;
            this.#predicateSetIndexes.set(key, predicateSet);
        }
        return { predicateCount: keys[0].length + keys[1].length, predicateSet };
    }
}
function rankPriorities(routes) {
    const priorities = [...new Set(routes.map((route) => route.priority))].sort((a, b) => a - b);
    return new Map(priorities.map((priority, rank) => [priority, rank]));
}
function refusal(route) {
    const suffix = route.host.startsWith('*.') ? route.host.slice(2) : route.host;
    const named = suffix !== '' || route.host === '';
    if (!named || !/^[!-~]*$/.test(suffix) || /^\.|\*/.test(suffix) || suffix.length >= MAX_HOST_LENGTH) {
        return `host ${JSON.stringify(route.host)} is neither an ASCII host name nor "*." and one`;
    }
    for (const { kind, name, value } of [...route.headers, ...route.query]) {
        if (kind !== 'regex')
            continue;
        try {
            new RegExp(value);
        }
        catch (error) {
            return `predicate on ${name}: ${error.message}`;
        }
    }
    return '';
}
function writeHosts(writer, roots) {
    if (roots.size === 0)
        return { at: 0, mask: -1 };
    const slots = 2 ** Math.ceil(Math.log2(2 * roots.size));
    const mask = slots - 1;
    const at = writer.reserve(slots * HOST_WORDS);
    for (const [host, root] of roots) {
        const key = writer.addText(host);
        const { words } = writer;
        const hash = hashBackwards(host);
        let slot = hash & mask;
        while (words[at + slot * HOST_WORDS + HOST_ROOT] !== 0)
            slot = (slot + 1) & mask;
        const slotAt = at + slot * HOST_WORDS;
        words[slotAt + HOST_HASH] = hash;
        words[slotAt + HOST_KEY] = key;
        words[slotAt + HOST_LENGTH] = host.length;
        words[slotAt + HOST_ROOT] = root;
    }
    return { at, mask };
}
//# sourceMappingURL=compile.js.map
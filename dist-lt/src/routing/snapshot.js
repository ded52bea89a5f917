import { HostIndex } from './host-index.js';
import { Matcher, NO_ROUTE } from './matcher.js';
import { methodBit, sortMethods } from './methods.js';
import { parsePattern } from './pattern.js';
import { patternRegex } from './pattern-match.js';
import { Predicates } from './predicates.js';
import { RecordCache, RecordReader } from './record-reader.js';
import { HEADER_MAGIC, HEADER_MAX_DEPTH, HEADER_MAX_PARAMS, HEADER_PLUGIN_RECORDS, HEADER_PREDICATE_RECORDS, HEADER_ROUTE_COUNT, HEADER_ROUTE_RECORDS, HEADER_UPSTREAM_RECORDS, HEADER_VERSION, MAGIC, } from './snapshot-layout.js';
/**
 * One generation of routing state, read in place from the buffer that `compileSnapshot` made. Each thread has its own
 * reader over the shared buffer; making one costs the same for ten routes and for 100,000, because records are decoded
 * when they are asked for the first time.
 */
export class Snapshot {
    version;
    routeCount;
    /** Where the parameters of the last `find` begin in its path, in the order of the pattern. */
    paramStart;
    /** Where they end. */
    paramEnd;
    #matcher;
    #methods;
    #routes;
    #upstreams;
    #plugins;
    /** What `paramStart` and `paramEnd` belong to. */
    #lastIndex = NO_ROUTE;
    #lastPath = '';
    #upstreamIndexes = null;
    /** @throws TypeError when the buffer holds no snapshot */
    constructor(buffer) {
        const words = new Int32Array(buffer);
        const bytes = new Uint8Array(buffer);
        if (words[HEADER_MAGIC] !== MAGIC)
            throw new TypeError('the buffer holds no routing snapshot');
        this.version = new Float64Array(buffer, 0, HEADER_VERSION)[HEADER_VERSION >> 1];
        this.routeCount = words[HEADER_ROUTE_COUNT];
        const reader = new RecordReader(words, bytes);
        const routes = new RecordCache(reader, words[HEADER_ROUTE_RECORDS], toRouteRecord);
        this.#methods = reader.catalog.methods;
        this.#routes = routes;
        this.#upstreams = new RecordCache(reader, words[HEADER_UPSTREAM_RECORDS], (record) => record);
        this.#plugins = new RecordCache(reader, words[HEADER_PLUGIN_RECORDS], (record) => record);
        const predicates = new RecordCache(reader, words[HEADER_PREDICATE_RECORDS], toPredicates);
        const conditions = {
            predicatesHold: (set, source) => predicates.get(set).hold(source),
            routeLists: (route, method) => routes.get(route).route.methods.includes(method),
        };
        this.#matcher = new Matcher(words, bytes, new HostIndex(words, bytes), conditions, words[HEADER_MAX_PARAMS], words[HEADER_MAX_DEPTH]);
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
    find(host, path, method, source) {
        const index = this.#matcher.find(host, path, method, methodBit(method, this.#methods), source);
        this.#lastIndex = index;
        this.#lastPath = path;
        return index;
    }
    /**
     * The value of `Allow` after `METHOD_NOT_ALLOWED`: the methods of all routes that match otherwise, with HEAD when
     * GET is among them (RFC 9110 section 10.2.1).
     */
    allowedMethods(host, path, source) {
        const collected = new Set();
        this.#matcher.collected = collected;
        this.#matcher.find(host, path, '', 0, source);
        this.#matcher.collected = null;
        this.#lastIndex = NO_ROUTE;
        const methods = new Set();
        for (const index of collected) {
            for (const method of this.route(index).methods)
                methods.add(method);
        }
        if (methods.has('GET'))
            methods.add('HEAD');
        return sortMethods(methods);
    }
    /**
     * The percent-decoded parameters of a route that `find` returned for `path`. Cheapest before the next `find`, but
     * right at any time: a plugin may have taken its time, and other requests came between.
     */
    params(index, path) {
        const params = this.captures(index, path);
        for (const name in params)
            params[name] = decode(params[name]);
        return params;
    }
    /** The same as they stand in the path, escapes and all. */
    captures(index, path) {
        const { pattern } = this.#routes.get(index);
        const { params: names } = pattern;
        const captures = Object.create(null);
        if (names.length === 0)
            return captures;
        if (index === this.#lastIndex && path === this.#lastPath) {
            for (let i = 0; i < names.length; i++) {
                captures[names[i]] = path.slice(this.paramStart[i], this.paramEnd[i]);
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
    route(index) {
        return this.#routes.get(index).route;
    }
    upstream(key) {
        const index = typeof key === 'number' ? key : this.#upstreamIndex(key);
        if (index === undefined || !(index >= 0 && index < this.#upstreams.count))
            return undefined;
        return this.#upstreams.get(index);
    }
    upstreams() {
        return this.#upstreams.all();
    }
    upstreamNames() {
        return this.upstreams().map((upstream) => upstream.name);
    }
    plugins() {
        return this.#plugins.all();
    }
    #upstreamIndex(name) {
        this.#upstreamIndexes ??= new Map(this.upstreamNames().map((known, index) => [known, index]));
        return this.#upstreamIndexes.get(name);
    }
}
function toPredicates(record) {
    const { headers, query } = record;
    return new Predicates(headers, query);
}
function toRouteRecord(record) {
    const route = record;
    const parsed = parsePattern(route.path);
    if (!parsed.ok)
        throw new TypeError(`${route.path}: ${parsed.message}`);
    return { route, pattern: parsed.pattern };
}
/** A value whose escapes are no UTF-8 stays as it was sent. */
function decode(text) {
    if (!text.includes('%'))
        return text;
    try {
        return decodeURIComponent(text);
    }
    catch {
        return text;
    }
}
//# sourceMappingURL=snapshot.js.map
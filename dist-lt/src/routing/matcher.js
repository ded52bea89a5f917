import { ANY_METHOD, OTHER_METHOD } from './methods.js';
import { ALTERNATIVES_COUNT, ALTERNATIVES_EDGES, ALTERNATIVES_REST, ALTERNATIVES_WILDCARD, ENTRY_METHODS, ENTRY_PREDICATES, ENTRY_RANK, ENTRY_ROUTE, ENTRY_WORDS, NODE_ALTERNATIVES, NODE_CHILDREN, NODE_ENTRIES, NODE_RANK, NODE_SHAPE, SHAPE_FIRST_SHIFT, SHAPE_REST_MASK, SHAPE_SPAN_SHIFT, } from './snapshot-layout.js';
import { matchTemplate } from './template.js';
/** No route matches host, path and predicates. */
export const NO_ROUTE = -1;
/** Some route matches all but the method; `allowedMethods` names those that would do. */
export const METHOD_NOT_ALLOWED = -2;
const SLASH = 47;
const FRAME_WORDS = 4;
/** Alternative number of a node that was just reached: its static children come first. */
const STATIC_FIRST = -1;
/**
 * Walks the tries of a snapshot. This is the hottest code of routing: it allocates nothing, reads the path in place
 * and keeps its way back in typed arrays. Each node of a trie is reached by exactly one way, so the work for one path
 * is bounded by the size of the table, whatever the path.
 */
export class Matcher {
    /** Offsets of the captured parameters in the path, valid until the next walk. */
    paramStart;
    paramEnd;
    /** When set, nothing matches and every route that fits but for the method is added here. */
    collected = null;
    #words;
    #bytes;
    #hosts;
    #conditions;
    #frames;
    #savedStart;
    #savedEnd;
    /** Number of saved parameters, -1 when the best match has its parameters in place. */
    #saved = -1;
    #bestRoute = NO_ROUTE;
    #bestRank = -1;
    #methodMissed = false;
    constructor(words, bytes, hosts, conditions, maxParams, maxDepth) {
        this.#words = words;
        this.#bytes = bytes;
        this.#hosts = hosts;
        this.#conditions = conditions;
        this.#frames = new Int32Array(maxDepth * FRAME_WORDS);
        this.paramStart = new Int32Array(maxParams);
        this.paramEnd = new Int32Array(maxParams);
        this.#savedStart = new Int32Array(maxParams);
        this.#savedEnd = new Int32Array(maxParams);
    }
    find(host, path, method, bit, source) {
        this.#bestRoute = NO_ROUTE;
        this.#bestRank = -1;
        this.#saved = -1;
        this.#methodMissed = false;
        const hosts = this.#hosts;
        hosts.resolve(host);
        for (let i = 0; i < hosts.count; i++) {
            const root = hosts.roots[i];
            // Equal priority: the more specific host, which came before, keeps the match.
            if (this.#words[root + NODE_RANK] > this.#bestRank)
                this.#walk(root, path, method, bit, source);
        }
        if (this.#saved >= 0)
            this.#restore();
        return this.#bestRoute === NO_ROUTE && this.#methodMissed ? METHOD_NOT_ALLOWED : this.#bestRoute;
    }
    /** Looks for a route of higher priority than the best so far, in the order of specificity. */
    #walk(root, path, method, bit, source) {
        const words = this.#words;
        const bytes = this.#bytes;
        const frames = this.#frames;
        const starts = this.paramStart;
        const ends = this.paramEnd;
        const length = path.length;
        const top = words[root + NODE_RANK];
        let node = root;
        let at = 0;
        let depth = 0;
        let frame = 0;
        let alternative = STATIC_FIRST;
        if (this.#bestRoute !== NO_ROUTE && this.#saved < 0)
            this.#save(starts.length);
        for (;;) {
            const alternatives = words[node + NODE_ALTERNATIVES];
            if (at === length) {
                const entries = words[node + NODE_ENTRIES];
                if (entries !== 0 && this.#settles(entries, depth, top, method, bit, source))
                    return;
                if (alternatives !== 0) {
                    const wildcard = words[alternatives + ALTERNATIVES_WILDCARD];
                    if (wildcard !== 0 && this.#settles(wildcard, depth, top, method, bit, source))
                        return;
                }
            }
            else {
                if (alternative === STATIC_FIRST) {
                    const shape = words[node + NODE_SHAPE];
                    const slot = path.charCodeAt(at) - ((shape >> SHAPE_FIRST_SHIFT) & 255);
                    if (slot >= 0 && slot < shape >> SHAPE_SPAN_SHIFT) {
                        const child = words[node + NODE_CHILDREN + slot];
                        if (child !== 0 && words[child + NODE_RANK] > this.#bestRank) {
                            const childShape = words[child + NODE_SHAPE];
                            const rest = childShape & SHAPE_REST_MASK;
                            let label = (child + NODE_CHILDREN + (childShape >> SHAPE_SPAN_SHIFT)) << 2;
                            let next = at + 1;
                            const labelEnd = next + rest;
                            // Reading past the end of a string is slow even when it is rare.
                            if (labelEnd <= length) {
                                while (next < labelEnd && bytes[label] === path.charCodeAt(next)) {
                                    label++;
                                    next++;
                                }
                            }
                            if (next === labelEnd) {
                                if (alternatives !== 0) {
                                    frames[frame] = node;
                                    frames[frame + 1] = at;
                                    frames[frame + 2] = depth;
                                    frames[frame + 3] = 0;
                                    frame += FRAME_WORDS;
                                }
                                node = child;
                                at = next;
                                continue;
                            }
                        }
                    }
                    alternative = 0;
                }
                if (alternatives !== 0) {
                    const count = words[alternatives + ALTERNATIVES_COUNT];
                    let child = 0;
                    if (alternative < count && path.charCodeAt(at) !== SLASH) {
                        let end = at + 1;
                        while (end < length && path.charCodeAt(end) !== SLASH)
                            end++;
                        do {
                            const edge = alternatives + ALTERNATIVES_EDGES + 2 * alternative++;
                            if (words[words[edge] + NODE_RANK] <= this.#bestRank)
                                continue;
                            const template = words[edge + 1];
                            let captured = 1;
                            if (template === 0) {
                                starts[depth] = at;
                                ends[depth] = end;
                            }
                            else {
                                captured = matchTemplate(words, bytes, template, path, at, end, starts, ends, depth);
                                if (captured === 0)
                                    continue;
                            }
                            child = words[edge];
                            frames[frame] = node;
                            frames[frame + 1] = at;
                            frames[frame + 2] = depth;
                            frames[frame + 3] = alternative;
                            frame += FRAME_WORDS;
                            node = child;
                            at = end;
                            depth += captured;
                            alternative = STATIC_FIRST;
                        } while (child === 0 && alternative < count);
                    }
                    if (child !== 0)
                        continue;
                    const rest = words[alternatives + ALTERNATIVES_REST];
                    if (rest !== 0) {
                        starts[depth] = at;
                        ends[depth] = length;
                        if (this.#settles(rest, depth + 1, top, method, bit, source))
                            return;
                    }
                    const wildcard = words[alternatives + ALTERNATIVES_WILDCARD];
                    if (wildcard !== 0 && this.#settles(wildcard, depth, top, method, bit, source))
                        return;
                }
            }
            if (frame === 0)
                return;
            frame -= FRAME_WORDS;
            node = frames[frame];
            at = frames[frame + 1];
            depth = frames[frame + 2];
            alternative = frames[frame + 3];
        }
    }
    /**
     * Takes the best entry of a list, if one fits.
     *
     * @param captured number of parameters that belong to the match
     * @param top highest rank below the root
     * @returns true when nothing below this root can beat the match
     */
    #settles(entries, captured, top, method, bit, source) {
        const entry = this.#pick(entries, method, bit, source);
        if (entry === 0)
            return false;
        this.#bestRoute = this.#words[entry + ENTRY_ROUTE];
        this.#bestRank = this.#words[entry + ENTRY_RANK];
        this.#saved = -1;
        if (this.#bestRank >= top)
            return true;
        this.#save(captured);
        return false;
    }
    /** @returns the first entry of the list that accepts the request and beats the best match so far, or 0 */
    #pick(entries, method, bit, source) {
        const words = this.#words;
        const end = entries + 1 + words[entries] * ENTRY_WORDS;
        for (let entry = entries + 1; entry < end; entry += ENTRY_WORDS) {
            if (words[entry + ENTRY_RANK] <= this.#bestRank)
                return 0;
            const set = words[entry + ENTRY_PREDICATES] - 1;
            if (this.#admits(entry, method, bit)) {
                if (set < 0 || this.#conditions.predicatesHold(set, source))
                    return entry;
            }
            else if (this.collected !== null || !this.#methodMissed) {
                if (set >= 0 && !this.#conditions.predicatesHold(set, source))
                    continue;
                this.#methodMissed = true;
                this.collected?.add(words[entry + ENTRY_ROUTE]);
            }
        }
        return 0;
    }
    #admits(entry, method, bit) {
        const mask = this.#words[entry + ENTRY_METHODS];
        if ((mask & bit) === 0)
            return false;
        return (bit !== OTHER_METHOD ||
            mask === ANY_METHOD ||
            this.#conditions.routeLists(this.#words[entry + ENTRY_ROUTE], method));
    }
    #save(count) {
        for (let i = 0; i < count; i++) {
            this.#savedStart[i] = this.paramStart[i];
            this.#savedEnd[i] = this.paramEnd[i];
        }
        this.#saved = count;
    }
    #restore() {
        for (let i = 0; i < this.#saved; i++) {
            this.paramStart[i] = this.#savedStart[i];
            this.paramEnd[i] = this.#savedEnd[i];
        }
    }
}
//# sourceMappingURL=matcher.js.map
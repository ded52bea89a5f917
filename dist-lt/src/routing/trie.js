/** No route. Lists of routes are chains: a node holds the last route added, `TrieBuilder.previous` the one before. */
const END = -1;
/** Literals of a parameter that takes a whole segment; such nodes share this one list. */
const WHOLE_SEGMENT = [''];
/**
 * A node of the trie while it is built; `trie-writer.ts` turns the finished tree into words. A large table has some
 * hundred thousand of them, so a node is one object: siblings are chained, and a label is a range of some route's path.
 */
export class TrieNode {
    source;
    start;
    end;
    /** Not null: the node follows a parameter, and these are the literals behind each parameter of that segment. */
    literals;
    /** Children whose labels begin with different bytes. */
    firstChild = null;
    /** Children behind a parameter. */
    firstParam = null;
    sibling = null;
    /** Last route that ends here. */
    routes = END;
    /** Last route whose `{rest*}` or `/*` begins here. */
    rest = END;
    wildcard = END;
    // Filled in by the writer.
    parent = null;
    offset = 0;
    /** Word that refers to this node. */
    slot = 0;
    depth = 1;
    rank = 0;
    constructor(source, start, end, literals) {
        this.source = source;
        this.start = start;
        this.end = end;
        this.literals = literals;
    }
    get firstByte() {
        return this.source.charCodeAt(this.start);
    }
}
/** Collects patterns into one trie per host. */
export class TrieBuilder {
    /** Keys: exact host, `.example.com` for `*.example.com`, `''` for any host. */
    roots = new Map();
    /** By route: the route that was added to the same list before it. */
    #previous = [];
    insert(hostKey, pattern, route) {
        let node = this.roots.get(hostKey);
        if (node === undefined) {
            node = new TrieNode('', 0, 0, null);
            this.roots.set(hostKey, node);
        }
        const { canonical, segments, tail, params } = pattern;
        let runStart = 0;
        let at = 0;
        let param = 0;
        for (const segment of segments) {
            at += 1 + segment[0].length;
            if (segment.length === 1)
                continue;
            node = paramChild(literalChild(node, canonical, runStart, at), segment);
            for (let i = 1; i < segment.length; i++)
                at += params[param++].length + 2 + segment[i].length;
            runStart = at;
        }
        node = literalChild(node, canonical, runStart, tail === 'none' ? at : at + 1);
        if (tail === 'none') {
            this.#previous[route] = node.routes;
            node.routes = route;
        }
        else if (tail === 'rest') {
            this.#previous[route] = node.rest;
            node.rest = route;
        }
        else {
            this.#previous[route] = node.wildcard;
            node.wildcard = route;
        }
    }
    /** All routes of a list, in the order in which they were added. */
    listed(last) {
        const routes = [];
        for (let route = last; route !== END; route = this.#previous[route])
            routes.push(route);
        return routes.reverse();
    }
}
function literalChild(from, source, start, end) {
    let node = from;
    let at = start;
    while (at < end) {
        const byte = source.charCodeAt(at);
        let before = null;
        let child = node.firstChild;
        while (child !== null && child.firstByte !== byte) {
            before = child;
            child = child.sibling;
        }
        if (child === null) {
            const leaf = new TrieNode(source, at, end, null);
            leaf.sibling = node.firstChild;
            node.firstChild = leaf;
            return leaf;
        }
        const shared = sharedLength(child, source, at, end);
        node = shared === child.end - child.start ? child : split(node, before, child, shared);
        at += shared;
    }
    return node;
}
function sharedLength(child, source, start, end) {
    const limit = Math.min(child.end - child.start, end - start);
    let length = 1;
    while (length < limit &&
        child.source.charCodeAt(child.start + length) === source.charCodeAt(start + length))
        length++;
    return length;
}
function split(parent, before, lower, length) {
    const upper = new TrieNode(lower.source, lower.start, lower.start + length, null);
    upper.firstChild = lower;
    upper.sibling = lower.sibling;
    lower.sibling = null;
    lower.start += length;
    if (before === null)
        parent.firstChild = upper;
    else
        before.sibling = upper;
    return upper;
}
function paramChild(node, segment) {
    for (let child = node.firstParam; child !== null; child = child.sibling) {
        if (sameLiterals(child.literals, segment))
            return child;
    }
    const literals = segment.length === 2 && segment[1] === '' ? WHOLE_SEGMENT : segment.slice(1);
    const child = new TrieNode('', 0, 0, literals);
    child.sibling = node.firstParam;
    node.firstParam = child;
    return child;
}
/** Compares without what stands before the first parameter: that is part of the node above. */
function sameLiterals(literals, segment) {
    if (literals.length !== segment.length - 1)
        return false;
    for (let i = 0; i < literals.length; i++) {
        if (literals[i] !== segment[i + 1])
            return false;
    }
    return true;
}
//# sourceMappingURL=trie.js.map
import { ALTERNATIVES_COUNT, ALTERNATIVES_EDGES, ALTERNATIVES_REST, ALTERNATIVES_WILDCARD, ENTRY_METHODS, ENTRY_PREDICATES, ENTRY_RANK, ENTRY_ROUTE, ENTRY_WORDS, NODE_ALTERNATIVES, NODE_CHILDREN, NODE_ENTRIES, NODE_RANK, NODE_SHAPE, SHAPE_FIRST_SHIFT, SHAPE_SPAN_SHIFT, } from './snapshot-layout.js';
/**
 * Writes one trie, each node followed by its entries and alternatives, so that one way down reads neighbouring memory.
 * Works on a stack of its own instead of recursing, so that no table can exhaust the thread's.
 *
 * @returns the longest way from the root to a leaf, in nodes
 */
export function writeTrie(writer, root, order) {
    const nodes = [];
    const pending = [root];
    let depth = 0;
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
        nodes.push(node);
        depth = Math.max(depth, node.depth);
        const params = sortedParams(node);
        writeNode(writer, node, params, order);
        for (let i = params.length - 1; i >= 0; i--)
            pending.push(params[i]);
        for (let child = node.firstChild; child !== null; child = child.sibling)
            pending.push(child);
    }
    // Children stand behind their parent, so going back every rank is final when it is handed on.
    for (let i = nodes.length - 1; i >= 0; i--) {
        const { offset, rank, parent } = nodes[i];
        writer.words[offset + NODE_RANK] = rank;
        if (parent !== null)
            parent.rank = Math.max(parent.rank, rank);
    }
    return depth;
}
const NO_PARAMS = [];
/** More literal text is more specific and is tried first, so the plain parameter comes last. */
function sortedParams(node) {
    if (node.firstParam === null)
        return NO_PARAMS;
    if (node.firstParam.sibling === null)
        return [node.firstParam];
    const params = [];
    for (let child = node.firstParam; child !== null; child = child.sibling) {
        const text = child.literals.join('\n');
        params.push({ node: child, text, length: text.length - child.literals.length });
    }
    params.sort((a, b) => b.length - a.length || (a.text < b.text ? -1 : 1));
    return params.map((param) => param.node);
}
function writeNode(writer, node, params, order) {
    let first = 255;
    let last = 0;
    for (let child = node.firstChild; child !== null; child = child.sibling) {
        first = Math.min(first, child.firstByte);
        last = Math.max(last, child.firstByte);
    }
    const span = node.firstChild === null ? 0 : last - first + 1;
    const rest = Math.max(node.end - node.start - 1, 0);
    const offset = writer.reserve(NODE_CHILDREN + span + ((rest + 3) >> 2));
    node.offset = offset;
    const entries = writeEntries(writer, node, node.routes, order);
    const alternatives = writeAlternatives(writer, node, params, order);
    const { words, bytes } = writer;
    words[node.slot] = offset;
    words[offset + NODE_SHAPE] = rest | (first << SHAPE_FIRST_SHIFT) | (span << SHAPE_SPAN_SHIFT);
    words[offset + NODE_ENTRIES] = entries;
    words[offset + NODE_ALTERNATIVES] = alternatives;
    const label = (offset + NODE_CHILDREN + span) << 2;
    for (let i = 0; i < rest; i++)
        bytes[label + i] = node.source.charCodeAt(node.start + 1 + i);
    for (let child = node.firstChild; child !== null; child = child.sibling) {
        adopt(node, child, offset + NODE_CHILDREN + child.firstByte - first);
    }
}
function adopt(parent, child, slot) {
    child.parent = parent;
    child.depth = parent.depth + 1;
    child.slot = slot;
}
function writeEntries(writer, node, last, order) {
    if (last < 0)
        return 0;
    const entries = order(last);
    const at = writer.reserve(1 + entries.length * ENTRY_WORDS);
    const { words } = writer;
    words[at] = entries.length;
    let entryAt = at + 1;
    for (const { facts, methods } of entries) {
        words[entryAt + ENTRY_ROUTE] = facts.index;
        words[entryAt + ENTRY_METHODS] = methods;
        words[entryAt + ENTRY_RANK] = facts.rank;
        words[entryAt + ENTRY_PREDICATES] = facts.predicateSet + 1;
        node.rank = Math.max(node.rank, facts.rank);
        entryAt += ENTRY_WORDS;
    }
    return at;
}
function writeAlternatives(writer, node, params, order) {
    if (params.length === 0 && node.rest < 0 && node.wildcard < 0)
        return 0;
    const at = writer.reserve(ALTERNATIVES_EDGES + 2 * params.length);
    const rest = writeEntries(writer, node, node.rest, order);
    const wildcard = writeEntries(writer, node, node.wildcard, order);
    params.forEach((param, i) => {
        const edge = at + ALTERNATIVES_EDGES + 2 * i;
        adopt(node, param, edge);
        const template = writeTemplate(writer, param.literals);
        writer.words[edge + 1] = template;
    });
    writer.words[at + ALTERNATIVES_REST] = rest;
    writer.words[at + ALTERNATIVES_WILDCARD] = wildcard;
    writer.words[at + ALTERNATIVES_COUNT] = params.length;
    return at;
}
function writeTemplate(writer, literals) {
    if (literals.length === 1 && literals[0] === '')
        return 0;
    const at = writer.reserve(1 + 2 * literals.length);
    writer.words[at] = literals.length;
    literals.forEach((literal, i) => {
        const offset = writer.addText(literal);
        writer.words[at + 1 + 2 * i] = offset;
        writer.words[at + 2 + 2 * i] = literal.length;
    });
    return at;
}
//# sourceMappingURL=trie-writer.js.map
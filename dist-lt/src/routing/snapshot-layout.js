/**
 * The binary form of a snapshot: one buffer, read as 32-bit words and, for labels and records, as bytes. A reference is
 * a word index from the start of the buffer; 0 (the header) stands for "none".
 *
 * Node          word 0  length of the label after its first byte, first byte that has a child, size of the child table
 *               word 1  highest priority rank below and at the node, for pruning
 *               word 2  reference to the entries of routes that end here
 *               word 3  reference to the alternatives
 *               then    child table: reference per first byte (the first byte of a label is implied by its slot)
 *               then    the other bytes of the label, padded to a word
 * Entries       count, then per entry: route index, method mask, priority rank, predicate set + 1 (0: none)
 * Alternatives  entries of `{rest*}`, entries of `/*`, count, then per parameter edge: node, template (0: whole segment)
 * Template      count of literals, then per literal: byte offset, length. Literal i follows parameter i.
 * Hosts         slots of: hash, byte offset of the key, length of the key, root node (0: free slot)
 * Records       count + 1 byte offsets; record i lies between offset i and i + 1
 */
export const MAGIC = 0x4f435453;
export const HEADER_MAGIC = 0;
/** Two words: the generation as a 64-bit float. */
export const HEADER_VERSION = 2;
export const HEADER_ROUTE_COUNT = 4;
export const HEADER_MAX_PARAMS = 5;
/** Longest way from a root to a leaf, in nodes. */
export const HEADER_MAX_DEPTH = 6;
/** Root for routes without a host, 0 when there are none. */
export const HEADER_ANY_HOST = 7;
export const HEADER_HOSTS = 8;
/** Number of slots - 1; -1 when no route names a host. */
export const HEADER_HOST_MASK = 9;
/** 1 when some route names a host with a leading `*`. */
export const HEADER_WILDCARD_HOSTS = 10;
export const HEADER_ROUTE_RECORDS = 11;
export const HEADER_UPSTREAM_RECORDS = 12;
export const HEADER_PLUGIN_RECORDS = 13;
export const HEADER_PREDICATE_RECORDS = 14;
/** One record: see `Catalog`. */
export const HEADER_CATALOG = 15;
export const HEADER_WORDS = 16;
export const NODE_SHAPE = 0;
export const NODE_RANK = 1;
export const NODE_ENTRIES = 2;
export const NODE_ALTERNATIVES = 3;
export const NODE_CHILDREN = 4;
/** Word 0 of a node: label rest in 14 bits, first child byte in 8, size of the child table in 9. */
export const SHAPE_REST_MASK = 0x3fff;
export const SHAPE_FIRST_SHIFT = 14;
export const SHAPE_SPAN_SHIFT = 22;
export const ENTRY_WORDS = 4;
export const ENTRY_ROUTE = 0;
export const ENTRY_METHODS = 1;
export const ENTRY_RANK = 2;
export const ENTRY_PREDICATES = 3;
export const ALTERNATIVES_REST = 0;
export const ALTERNATIVES_WILDCARD = 1;
export const ALTERNATIVES_COUNT = 2;
export const ALTERNATIVES_EDGES = 3;
export const HOST_WORDS = 4;
export const HOST_HASH = 0;
export const HOST_KEY = 1;
export const HOST_LENGTH = 2;
export const HOST_ROOT = 3;
/** RFC 1035 section 2.3.4; longer Host values match only routes without a host. */
export const MAX_HOST_LENGTH = 255;
export const HASH_SEED = 0x811c9dc5 | 0;
export const HASH_PRIME = 0x01000193;
/** FNV-1a from the last character to the first, so that one pass yields the hash of every suffix. */
export function hashBackwards(text) {
    let hash = HASH_SEED;
    for (let i = text.length - 1; i >= 0; i--)
        hash = Math.imul(hash ^ text.charCodeAt(i), HASH_PRIME);
    return hash;
}
//# sourceMappingURL=snapshot-layout.js.map
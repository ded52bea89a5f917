/** Several files become one: maps merge, four lists grow, everything else is replaced by the later file. */
import { ListNode, MapEntry, MapNode } from './tree.js';
/** Lists of independent things, which files of a directory add to. Any other list is one setting. */
const GROWING_LISTS = new Set(['routes', 'upstreams', 'plugins', 'middleware']);
/** @param trees at least one, in order; the later wins */
export function mergeTrees(trees) {
    const [first, ...rest] = trees;
    let merged = first;
    for (const tree of rest)
        merged = mergeNodes(merged, tree, 0, '');
    return merged;
}
function mergeNodes(earlier, later, depth, key) {
    if (earlier.kind === 'map' && later.kind === 'map') {
        const entries = new Map(earlier.entries);
        for (const [name, entry] of later.entries) {
            const before = entries.get(name);
            const value = before === undefined ? entry.value : mergeNodes(before.value, entry.value, depth + 1, name);
            entries.set(name, new MapEntry(entry.source, entry.offset, value));
        }
        return new MapNode(later.source, later.offset, entries);
    }
    if (earlier.kind === 'list' && later.kind === 'list' && depth === 1 && GROWING_LISTS.has(key)) {
        return new ListNode(later.source, later.offset, [...earlier.items, ...later.items]);
    }
    // `routes:` with nothing below it in a later file does not take the routes of the others away.
    return later.kind === 'scalar' && later.value === null ? earlier : later;
}
//# sourceMappingURL=merge.js.map
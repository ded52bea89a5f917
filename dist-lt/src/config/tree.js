/**
 * A configuration file as a tree whose every node knows where it stands, so that a problem found long after parsing,
 * even after several files were merged, can still name file, line and column.
 */
/** A file, or another place that settings come from (`lineStarts` is then not asked for). */
export class SourceText {
    /** As the user named it. */
    name;
    text;
    #lineStarts = null;
    constructor(name, text) {
        this.name = name;
        this.text = text;
    }
    /** Both count from 1; the column counts UTF-16 units, as editors do. */
    position(offset) {
        this.#lineStarts ??= findLineStarts(this.text);
        const starts = this.#lineStarts;
        let low = 0;
        let high = starts.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if ((starts[middle] ?? 0) <= offset)
                low = middle;
            else
                high = middle - 1;
        }
        return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
    }
}
function findLineStarts(text) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
        starts.push(at + 1);
    return starts;
}
/** Offset of places that have no line, such as an environment variable. */
export const NO_OFFSET = -1;
export class ScalarNode {
    kind = 'scalar';
    source;
    offset;
    value;
    /** What was written before `${…}` was filled in; `''` when there was nothing to fill in. */
    template = '';
    /** True when part of the value came from an environment variable, so it may be a secret. */
    fromEnvironment = false;
    constructor(source, offset, value) {
        this.source = source;
        this.offset = offset;
        this.value = value;
    }
}
export class ListNode {
    kind = 'list';
    source;
    offset;
    items;
    constructor(source, offset, items) {
        this.source = source;
        this.offset = offset;
        this.items = items;
    }
}
export class MapEntry {
    source;
    /** Of the key. */
    offset;
    value;
    constructor(source, offset, value) {
        this.source = source;
        this.offset = offset;
        this.value = value;
    }
}
export class MapNode {
    kind = 'map';
    source;
    offset;
    entries;
    constructor(source, offset, entries) {
        this.source = source;
        this.offset = offset;
        this.entries = entries;
    }
    get(key) {
        return this.entries.get(key)?.value;
    }
}
export function nodeAt(root, path) {
    let node = root;
    for (const step of path) {
        if (node?.kind === 'map')
            node = node.get(String(step));
        else if (node?.kind === 'list')
            node = node.items[Number(step)];
        else
            return undefined;
    }
    return node;
}
/** The node at `path` or, if there is none, the closest one above it. */
export function placeOf(root, path) {
    for (let length = path.length; length > 0; length--) {
        const node = nodeAt(root, path.slice(0, length));
        if (node !== undefined)
            return node;
    }
    return root;
}
/** Where the key at the end of `path` stands. */
export function placeOfKey(root, path) {
    const parent = nodeAt(root, path.slice(0, -1));
    const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
    return entry ?? placeOf(root, path);
}
/**
 * Plain data for the schema. A key without value (`admin:`) counts as not written, except below `config`, where null
 * may mean something to a plugin.
 */
export function toValue(node, keepNull = false) {
    if (node.kind === 'scalar')
        return node.value;
    if (node.kind === 'list')
        return node.items.map((item) => toValue(item, keepNull));
    const value = {};
    for (const [key, entry] of node.entries) {
        const child = entry.value;
        if (!keepNull && child.kind === 'scalar' && child.value === null)
            continue;
        const converted = toValue(child, keepNull || key === 'config');
        // A plain assignment to `__proto__` would change the prototype instead of adding a key.
        if (key === '__proto__')
            Object.defineProperty(value, key, { value: converted, enumerable: true });
        else
            value[key] = converted;
    }
    return value;
}
//# sourceMappingURL=tree.js.map
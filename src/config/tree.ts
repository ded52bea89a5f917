/**
 * A configuration file as a tree whose every node knows where it stands, so that a problem found long after parsing,
 * even after several files were merged, can still name file, line and column.
 */

/** A file, or another place that settings come from (`lineStarts` is then not asked for). */
export class SourceText {
  /** As the user named it. */
  readonly name: string;
  readonly text: string;
  #lineStarts: number[] | null = null;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Both count from 1; the column counts UTF-16 units, as editors do. */
  position(offset: number): { line: number; column: number } {
    this.#lineStarts ??= findLineStarts(this.text);
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Offset of places that have no line, such as an environment variable. */
export const NO_OFFSET = -1;

export interface Place {
  readonly source: SourceText;
  readonly offset: number;
}

export class ScalarNode {
  readonly kind = 'scalar';
  readonly source: SourceText;
  readonly offset: number;
  value: string | number | boolean | null;
  /** What was written before `${…}` was filled in; `''` when there was nothing to fill in. */
  template = '';
  /** True when part of the value came from an environment variable, so it may be a secret. */
  fromEnvironment = false;

  constructor(source: SourceText, offset: number, value: string | number | boolean | null) {
    this.source = source;
    this.offset = offset;
    this.value = value;
  }
}

export class ListNode {
  readonly kind = 'list';
  readonly source: SourceText;
  readonly offset: number;
  readonly items: ConfigNode[];

  constructor(source: SourceText, offset: number, items: ConfigNode[]) {
    this.source = source;
    this.offset = offset;
    this.items = items;
  }
}

export class MapEntry {
  readonly source: SourceText;
  /** Of the key. */
  readonly offset: number;
  value: ConfigNode;

  constructor(source: SourceText, offset: number, value: ConfigNode) {
    this.source = source;
    this.offset = offset;
    this.value = value;
  }
}

export class MapNode {
  readonly kind = 'map';
  readonly source: SourceText;
  readonly offset: number;
  readonly entries: Map<string, MapEntry>;

  constructor(source: SourceText, offset: number, entries: Map<string, MapEntry>) {
    this.source = source;
    this.offset = offset;
    this.entries = entries;
  }

  get(key: string): ConfigNode | undefined {
    return this.entries.get(key)?.value;
  }
}

export type ConfigNode = ScalarNode | ListNode | MapNode;

/** Same shape as the path of a zod issue. */
export type TreePath = readonly PropertyKey[];

export function nodeAt(root: ConfigNode, path: TreePath): ConfigNode | undefined {
  let node: ConfigNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'map') node = node.get(String(step));
    else if (node?.kind === 'list') node = node.items[Number(step)];
    else return undefined;
  }
  return node;
}

/** The node at `path` or, if there is none, the closest one above it. */
export function placeOf(root: ConfigNode, path: TreePath): Place {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(root, path.slice(0, length));
    if (node !== undefined) return node;
  }
  return root;
}

/** Where the key at the end of `path` stands. */
export function placeOfKey(root: ConfigNode, path: TreePath): Place {
  const parent = nodeAt(root, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry ?? placeOf(root, path);
}

/** `tls.certificates[1].key` */
export function nameOf(path: TreePath): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? String(step) : `${name}.${String(step)}`;
  }, '');
}

/**
 * Plain data for the schema. A key without value (`admin:`) counts as not written, except below `config`, where null
 * may mean something to a plugin.
 */
export function toValue(node: ConfigNode, keepNull = false): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map((item) => toValue(item, keepNull));
  const value: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) {
    const child = entry.value;
    if (!keepNull && child.kind === 'scalar' && child.value === null) continue;
    const converted = toValue(child, keepNull || key === 'config');
    // A plain assignment to `__proto__` would change the prototype instead of adding a key.
    if (key === '__proto__') Object.defineProperty(value, key, { value: converted, enumerable: true });
    else value[key] = converted;
  }
  return value;
}

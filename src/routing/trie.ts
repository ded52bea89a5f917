import type { PathPattern, Segment } from './pattern.ts';

/** No route. Lists of routes are chains: a node holds the last route added, `TrieBuilder.previous` the one before. */
const END = -1;

/** Literals of a parameter that takes a whole segment; such nodes share this one list. */
const WHOLE_SEGMENT: readonly string[] = [''];

/**
 * A node of the trie while it is built; `trie-writer.ts` turns the finished tree into words. A large table has some
 * hundred thousand of them, so a node is one object: siblings are chained, and a label is a range of some route's path.
 */
export class TrieNode {
  source: string;
  start: number;
  end: number;
  /** Not null: the node follows a parameter, and these are the literals behind each parameter of that segment. */
  readonly literals: readonly string[] | null;
  /** Children whose labels begin with different bytes. */
  firstChild: TrieNode | null = null;
  /** Children behind a parameter. */
  firstParam: TrieNode | null = null;
  sibling: TrieNode | null = null;
  /** Last route that ends here. */
  routes = END;
  /** Last route whose `{rest*}` or `/*` begins here. */
  rest = END;
  wildcard = END;

  // Filled in by the writer.
  parent: TrieNode | null = null;
  offset = 0;
  /** Word that refers to this node. */
  slot = 0;
  depth = 1;
  rank = 0;

  constructor(source: string, start: number, end: number, literals: readonly string[] | null) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.literals = literals;
  }

  get firstByte(): number {
    return this.source.charCodeAt(this.start);
  }
}

/** Collects patterns into one trie per host. */
export class TrieBuilder {
  /** Keys: exact host, `.example.com` for `*.example.com`, `''` for any host. */
  readonly roots = new Map<string, TrieNode>();
  /** By route: the route that was added to the same list before it. */
  readonly #previous: number[] = [];

  insert(hostKey: string, pattern: PathPattern, route: number): void {
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
      at += 1 + segment[0]!.length;
      if (segment.length === 1) continue;
      node = paramChild(literalChild(node, canonical, runStart, at), segment);
      for (let i = 1; i < segment.length; i++) at += params[param++]!.length + 2 + segment[i]!.length;
      runStart = at;
    }
    node = literalChild(node, canonical, runStart, tail === 'none' ? at : at + 1);
    if (tail === 'none') {
      this.#previous[route] = node.routes;
      node.routes = route;
    } else if (tail === 'rest') {
      this.#previous[route] = node.rest;
      node.rest = route;
    } else {
      this.#previous[route] = node.wildcard;
      node.wildcard = route;
    }
  }

  /** All routes of a list, in the order in which they were added. */
  listed(last: number): number[] {
    const routes: number[] = [];
    for (let route = last; route !== END; route = this.#previous[route]!) routes.push(route);
    return routes.reverse();
  }
}

function literalChild(from: TrieNode, source: string, start: number, end: number): TrieNode {
  let node = from;
  let at = start;
  while (at < end) {
    const byte = source.charCodeAt(at);
    let before: TrieNode | null = null;
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

function sharedLength(child: TrieNode, source: string, start: number, end: number): number {
  const limit = Math.min(child.end - child.start, end - start);
  let length = 1;
  while (
    length < limit &&
    child.source.charCodeAt(child.start + length) === source.charCodeAt(start + length)
  )
    length++;
  return length;
}

function split(parent: TrieNode, before: TrieNode | null, lower: TrieNode, length: number): TrieNode {
  const upper = new TrieNode(lower.source, lower.start, lower.start + length, null);
  upper.firstChild = lower;
  upper.sibling = lower.sibling;
  lower.sibling = null;
  lower.start += length;
  if (before === null) parent.firstChild = upper;
  else before.sibling = upper;
  return upper;
}

function paramChild(node: TrieNode, segment: Segment): TrieNode {
  for (let child = node.firstParam; child !== null; child = child.sibling) {
    if (sameLiterals(child.literals!, segment)) return child;
  }
  const literals = segment.length === 2 && segment[1] === '' ? WHOLE_SEGMENT : segment.slice(1);
  const child = new TrieNode('', 0, 0, literals);
  child.sibling = node.firstParam;
  node.firstParam = child;
  return child;
}

/** Compares without what stands before the first parameter: that is part of the node above. */
function sameLiterals(literals: readonly string[], segment: Segment): boolean {
  if (literals.length !== segment.length - 1) return false;
  for (let i = 0; i < literals.length; i++) {
    if (literals[i] !== segment[i + 1]) return false;
  }
  return true;
}

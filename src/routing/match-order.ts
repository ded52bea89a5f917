import type { Route } from './model.ts';
import { parsePattern } from './pattern.ts';

/**
 * The routes as matching prefers them: priority, then host, path, number of predicates, listed methods before any
 * method, and the order in which they were given. The order in which the matcher would try routes that fit the same
 * request; routes that never compete stand in the order of their text.
 */
export function inMatchOrder(routes: readonly Route[]): Route[] {
  return routes
    .map((route, index) => ({ route, index, path: pathKey(route.path) }))
    .sort((a, b) => {
      const reason = whyBefore(a.route, b.route, a.path, b.path);
      return reason.order !== 0 ? reason.order : a.index - b.index;
    })
    .map(({ route }) => route);
}

export type OrderReason = 'priority' | 'host' | 'path' | 'predicates' | 'methods' | 'position';

/** The rule that puts `winner` before `loser` when both fit a request. */
export function decidingRule(winner: Route, loser: Route): OrderReason {
  return whyBefore(winner, loser, pathKey(winner.path), pathKey(loser.path)).reason;
}

interface Order {
  readonly reason: OrderReason;
  /** Negative: `a` comes first. */
  readonly order: number;
}

function whyBefore(a: Route, b: Route, pathA: string, pathB: string): Order {
  if (a.priority !== b.priority) return { reason: 'priority', order: b.priority - a.priority };
  if (a.host !== b.host) {
    const order = hostRank(b.host) - hostRank(a.host);
    return { reason: 'host', order: order !== 0 ? order : a.host < b.host ? -1 : 1 };
  }
  if (pathA !== pathB) return { reason: 'path', order: pathA < pathB ? -1 : 1 };
  const predicates = b.headers.length + b.query.length - a.headers.length - a.query.length;
  if (predicates !== 0) return { reason: 'predicates', order: predicates };
  const anyMethod = Number(a.methods.length === 0) - Number(b.methods.length === 0);
  return { reason: anyMethod === 0 ? 'position' : 'methods', order: anyMethod };
}

/** Exact hosts first, then `*.` from the longest to the shortest, then any host. */
function hostRank(host: string): number {
  if (host === '') return 0;
  return host.startsWith('*.') ? host.length : 1000;
}

const PARAM = '\uf000';
const REST = '\uf001';
const WILDCARD = '\uf002';

/**
 * Sorts like the matcher walks: at each place literal text before a parameter, parameters with more literal text
 * behind them first, tails last. Names do not count.
 */
function pathKey(path: string): string {
  const parsed = parsePattern(path);
  if (!parsed.ok) return path;
  const { segments, tail } = parsed.pattern;
  let key = '';
  for (const [first, ...literals] of segments) {
    key += `/${first}`;
    if (literals.length === 0) continue;
    const text = literals.join(PARAM);
    key += `${PARAM}${String.fromCharCode(0xefff - (text.length - literals.length))}${text}`;
  }
  if (tail === 'rest') key += `/${REST}`;
  if (tail === 'wildcard') key += `/${WILDCARD}`;
  return key;
}

/** Finds routes that no request can reach, because other routes take all of theirs. */
import type { FieldPredicate, Route } from '../../routing/model.ts';
import type { PathPattern } from '../../routing/pattern.ts';
import { isGrpcRoute } from '../../routing/predicates.ts';
import type { BuildContext } from './context.ts';
import type { BuiltRoute } from './routes.ts';

interface Candidate extends BuiltRoute {
  readonly index: number;
  /** Equal for equal sets of conditions on headers and query. */
  readonly predicates: string;
  readonly predicateKeys: ReadonlySet<string>;
}

/** Reports routes that can never match as errors, and routes that lose some of their methods as warnings. */
export function checkShadows(built: readonly BuiltRoute[], context: BuildContext): void {
  const candidates = built.map(toCandidate);
  const hidden = checkEqualPaths(candidates, context);
  checkPriorities(
    candidates.filter((candidate) => !hidden.has(candidate)),
    context,
  );
}

function toCandidate(built: BuiltRoute, index: number): Candidate {
  const { headers, query } = built.route;
  if (headers.length === 0 && query.length === 0)
    return { ...built, index, predicates: '', predicateKeys: NO_PREDICATES };
  const keys = [
    ...headers.map((p) => predicateKey('h', p)),
    ...query.map((p) => predicateKey('q', p)),
  ].toSorted();
  return { ...built, index, predicates: keys.join('\0'), predicateKeys: new Set(keys) };
}

const NO_PREDICATES: ReadonlySet<string> = new Set();

function predicateKey(where: string, { name, kind, value }: FieldPredicate): string {
  return `${where} ${name} ${kind} ${value}`;
}

/**
 * Routes with one host, path shape, priority and set of conditions: the first one wins each method. A route for every
 * method stands behind those that list theirs.
 *
 * @returns those that have nothing left
 */
function checkEqualPaths(candidates: readonly Candidate[], context: BuildContext): Set<Candidate> {
  const hidden = new Set<Candidate>();
  const owners = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { route } = candidate;
    const group = `${route.priority} ${route.host}${shapeOf(candidate.pattern)} ${candidate.predicates}`;
    const taken: string[] = [];
    let winner: Candidate | undefined;
    for (const method of route.methods.length === 0 ? ['every method'] : route.methods) {
      const key = `${group} ${method}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, candidate);
      else {
        winner ??= owner;
        taken.push(method);
      }
    }
    if (winner === undefined) continue;
    if (taken.length >= route.methods.length) {
      hidden.add(candidate);
      reportShadow(candidate, winner.route, 'is the same, and the first one wins', context);
    } else {
      context.warning(
        [...candidate.path, 'methods'],
        `${taken.join(', ')} of ${describe(route)} never gets here: ${describe(winner.route)} at ${winner.route.origin} has it already`,
      );
    }
  }
  return hidden;
}

/** A higher priority wins over any more specific path, so a wide route with priority can hide narrow ones. */
function checkPriorities(candidates: readonly Candidate[], context: BuildContext): void {
  const byPriority = groupByPriority(candidates);
  const index = new CoverIndex();
  for (const priority of [...byPriority.keys()].toSorted((a, b) => b - a)) {
    const group = byPriority.get(priority) ?? [];
    if (index.size > 0) for (const candidate of group) checkCovered(candidate, index, context);
    for (const candidate of group) index.add(candidate);
  }
}

function groupByPriority(candidates: readonly Candidate[]): Map<number, Candidate[]> {
  const groups = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const group = groups.get(candidate.route.priority);
    if (group === undefined) groups.set(candidate.route.priority, [candidate]);
    else group.push(candidate);
  }
  return groups;
}

function checkCovered(candidate: Candidate, index: CoverIndex, context: BuildContext): void {
  const left = new Set(candidate.route.methods);
  for (const wider of index.covering(candidate.pattern)) {
    if (!coversHost(wider.route.host, candidate.route.host)) continue;
    if (![...wider.predicateKeys].every((key) => candidate.predicateKeys.has(key))) continue;
    const all = wider.route.methods.length === 0;
    for (const method of wider.route.methods) left.delete(method);
    if (all || (candidate.route.methods.length > 0 && left.size === 0)) {
      reportShadow(
        candidate,
        wider.route,
        `has priority ${wider.route.priority} and takes all of its requests`,
        context,
      );
      return;
    }
  }
}

function coversHost(wide: string, narrow: string): boolean {
  if (wide === '' || wide === narrow) return true;
  return wide.startsWith('*.') && narrow.endsWith(wide.slice(1));
}

function reportShadow(shadowed: Candidate, by: Route, why: string, context: BuildContext): void {
  context.error(
    [...shadowed.path, isGrpcRoute(shadowed.route) ? 'grpc' : 'path'],
    `${describe(shadowed.route)} can never match: ${describe(by)} at ${by.origin} ${why}; remove one of them or change its match or priority`,
  );
}

function describe(route: Route): string {
  if (isGrpcRoute(route)) return `gRPC route ${route.host}${route.path}`;
  const methods = route.methods.length === 0 ? '' : `${route.methods.join(',')} `;
  return `route ${methods}${route.host}${route.path}`;
}

function shapeOf(pattern: PathPattern): string {
  return `/${pattern.segments.map(segmentShape).join('/')} ${pattern.tail}`;
}

function segmentShape(segment: readonly string[]): string {
  return segment.join('{}');
}

const PARAMETER = '{}';

class CoverNode {
  readonly children = new Map<string, CoverNode>();
  readonly exact: Candidate[] = [];
  readonly rest: Candidate[] = [];
  readonly wildcard: Candidate[] = [];
}

/** Patterns by segment, to find those that match everything another pattern matches. */
class CoverIndex {
  readonly #root = new CoverNode();
  size = 0;

  add(candidate: Candidate): void {
    const { segments, tail } = candidate.pattern;
    let node = this.#root;
    for (const segment of segments) {
      const shape = segmentShape(segment);
      let child = node.children.get(shape);
      if (child === undefined) {
        child = new CoverNode();
        node.children.set(shape, child);
      }
      node = child;
    }
    (tail === 'none' ? node.exact : node[tail]).push(candidate);
    this.size++;
  }

  covering(pattern: PathPattern): Candidate[] {
    const found: Candidate[] = [];
    const { segments, tail } = pattern;
    const visit = (node: CoverNode, depth: number): void => {
      const left = segments.length - depth;
      if (left > 0 || tail !== 'none') found.push(...node.wildcard);
      // `{rest*}` wants at least one character, which `/prefix/` alone does not have.
      const endsHere =
        left === 1 && tail === 'none' && segments[depth]?.join('') === '' && segments[depth]?.length === 1;
      if ((left > 0 && !endsHere) || (left === 0 && tail === 'rest')) found.push(...node.rest);
      const segment = segments[depth];
      if (segment === undefined) {
        if (tail === 'none') found.push(...node.exact);
        return;
      }
      const shape = segmentShape(segment);
      const same = node.children.get(shape);
      if (same !== undefined) visit(same, depth + 1);
      const parameter = shape === PARAMETER || shape === '' ? undefined : node.children.get(PARAMETER);
      if (parameter !== undefined) visit(parameter, depth + 1);
    };
    visit(this.#root, 0);
    return found;
  }
}

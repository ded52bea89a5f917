import { isGrpcType } from '../../http/grpc.ts';
import { decidingRule, type OrderReason } from '../../routing/match-order.ts';
import type { FieldPredicate, Route } from '../../routing/model.ts';
import { parsePattern } from '../../routing/pattern.ts';
import { patternRegex } from '../../routing/pattern-match.ts';
import { describeConditions, describeHost, describeMethods } from '../describe-route.ts';
import { pathDifference, SLIP } from './path-difference.ts';
import type { ExplainedRequest } from './request.ts';

export interface NearMiss {
  readonly route: Route;
  readonly reasons: readonly string[];
}

/** Most are of no interest; these are the closest. */
const LIMIT = 10;

/**
 * The routes that would have taken the request if it, or they, were a little different, the closest first.
 *
 * @param match the route that takes it, if there is one
 */
export function nearMisses(
  routes: readonly Route[],
  match: Route | null,
  request: ExplainedRequest,
): NearMiss[] {
  const found: (NearMiss & { readonly distance: number })[] = [];
  for (const route of routes) {
    if (route === match) continue;
    const path = pathReason(route, request.path ?? request.sentPath);
    if (path === null) continue;
    const others = [
      ...hostReasons(route, request),
      ...methodReasons(route, request),
      ...fieldReasons(route, request),
    ];
    // With more than a slip in the path, another difference makes it a different request.
    if (path.distance > SLIP && others.length > 0) continue;
    const reasons = path.text === '' ? others : [path.text, ...others];
    if (reasons.length === 0) reasons.push(match === null ? 'not compiled' : lossReason(match, route));
    found.push({ route, reasons, distance: path.distance * 2 + others.length });
  }
  return found.sort((a, b) => a.distance - b.distance).slice(0, LIMIT);
}

function pathReason(route: Route, path: string): { readonly distance: number; readonly text: string } | null {
  const parsed = parsePattern(route.path);
  if (!parsed.ok) return null;
  if (patternRegex(parsed.pattern).test(path)) return { distance: 0, text: '' };
  return pathDifference(parsed.pattern, path);
}

function hostReasons({ host }: Route, request: ExplainedRequest): string[] {
  const suffix = host.slice(1);
  if (host === '' || host === request.host) return [];
  if (host.startsWith('*.') && request.host.endsWith(suffix) && request.host.length > suffix.length)
    return [];
  const apex = host === `*.${request.host}` ? ', and "*." stands for at least one label' : '';
  const given = request.host === '' ? 'no host is given' : `host is "${request.host}"`;
  return [`${given}, the route wants ${host}${apex}`];
}

function methodReasons(route: Route, { method }: ExplainedRequest): string[] {
  const { methods } = route;
  if (methods.length === 0 || methods.includes(method) || (method === 'HEAD' && methods.includes('GET')))
    return [];
  return [`method is ${method}, the route takes ${describeMethods(route)}`];
}

function fieldReasons(route: Route, { fields }: ExplainedRequest): string[] {
  const reasons: string[] = [];
  const check = (where: string, predicate: FieldPredicate, actual: string | undefined): void => {
    const { name, kind, value } = predicate;
    if (kind === 'exact' ? actual === value : actual !== undefined && new RegExp(value).test(actual)) return;
    const wanted = kind === 'exact' ? `"${value}"` : `a match of /${value}/`;
    reasons.push(
      `${where} ${name} is ${actual === undefined ? 'absent' : `"${actual}"`}, the route wants ${wanted}`,
    );
  };
  for (const predicate of route.headers) {
    const actual = fields.header(predicate.name);
    if (predicate.kind !== 'grpc') check('header', predicate, actual);
    else if (actual === undefined || !isGrpcType(actual)) {
      const given = actual === undefined ? 'absent' : `"${actual}"`;
      reasons.push(`header content-type is ${given}, the route wants application/grpc or gRPC-Web`);
    }
  }
  for (const predicate of route.query) check('query parameter', predicate, fields.query(predicate.name));
  return reasons;
}

/** Both routes fit the request; says why the other one was taken. */
function lossReason(winner: Route, loser: Route): string {
  const why: Record<OrderReason, string> = {
    priority: `has priority ${winner.priority}, this one ${loser.priority}`,
    host: `has the more specific host ${describeHost(winner)}`,
    path: `has the more specific path ${winner.path}`,
    predicates: `has more conditions: ${describeConditions(winner)}`,
    methods: 'lists its methods, this one takes any',
    position: 'is the same and comes first',
  };
  return `also fits, but the matching route ${why[decidingRule(winner, loser)]}`;
}

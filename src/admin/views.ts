/** The JSON of routes, in the spelling of the configuration. */
import type { RouteConflict } from '../routing/entries.ts';
import type { FieldPredicate, Route, RouteAction } from '../routing/model.ts';
import { isGrpcRoute } from '../routing/predicates.ts';
import type { RefusedRoute } from './state.ts';

export function routeView(route: Route): Readonly<Record<string, unknown>> {
  return {
    id: route.id,
    host: route.host,
    path: route.path,
    methods: route.methods,
    ...grpcView(route),
    ...predicatesView(
      'headers',
      route.headers.filter(({ kind }) => kind !== 'grpc'),
    ),
    ...predicatesView('query', route.query),
    priority: route.priority,
    ...actionView(route.action),
    middleware: route.plugins,
    source: route.source,
    origin: route.origin,
  };
}

export function conflictView(conflict: RouteConflict): Readonly<Record<string, unknown>> {
  const { winner, loser, methods } = conflict;
  return {
    route: loser.id,
    origin: loser.origin,
    winner: winner.id,
    winner_origin: winner.origin,
    methods,
  };
}

export function refusedView(refused: RefusedRoute): Readonly<Record<string, unknown>> {
  return { route: refused.route.id, origin: refused.route.origin, reason: refused.reason };
}

/** Of a route by service and method, whose path is made of them. */
function grpcView(route: Route): Readonly<Record<string, unknown>> {
  if (!isGrpcRoute(route)) return {};
  const [, service, method] = route.path.split('/');
  const named = Object.entries({ service, method }).filter(([, name]) => !name?.startsWith('{'));
  return { grpc: Object.fromEntries(named) };
}

function predicatesView(
  name: string,
  predicates: readonly FieldPredicate[],
): Readonly<Record<string, unknown>> {
  if (predicates.length === 0) return {};
  return {
    [name]: Object.fromEntries(
      predicates.map((predicate) => [
        predicate.name,
        predicate.kind === 'regex' ? { regex: predicate.value } : predicate.value,
      ]),
    ),
  };
}

function actionView(action: RouteAction): Readonly<Record<string, unknown>> {
  switch (action.kind) {
    case 'redirect':
      return { redirect: { status: action.status, location: action.location } };
    case 'respond':
      return { respond: { status: action.status, body_bytes: Buffer.byteLength(action.body) } };
    case 'control':
      return { gateway: true };
    case 'proxy': {
      const { targets, rewrite, retries, webSocket, eventStream } = action;
      const only = targets.length === 1 ? targets[0] : undefined;
      return {
        ...(only ? { upstream: only.upstream } : { split: targets }),
        ...(rewrite === null
          ? {}
          : {
              strip_prefix: rewrite.stripPrefix,
              rewrite: rewrite.rules.map(({ pattern, replacement }) => ({ pattern, replacement })),
              add_prefix: rewrite.addPrefix,
            }),
        preserve_host: action.preserveHost,
        timeout_ms: action.timeout,
        retries: {
          attempts: retries.attempts,
          on: retries.on,
          per_try_timeout_ms: retries.perTryTimeout,
          budget: retries.budget,
        },
        websocket:
          webSocket === null
            ? false
            : {
                idle_timeout_ms: webSocket.idleTimeout,
                max_duration_ms: webSocket.maxDuration,
                origins: webSocket.origins,
              },
        sse: { heartbeat_ms: eventStream.heartbeat, idle_timeout_ms: eventStream.idleTimeout },
      };
    }
  }
}

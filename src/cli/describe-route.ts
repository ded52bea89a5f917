/** Parts of a route in words, shared by `routes` and `explain`. */
import type { FieldPredicate, Route, RouteAction } from '../routing/model.ts';

export function describeMethods(route: Route): string {
  return route.methods.length === 0 ? 'any' : route.methods.join(',');
}

export function describeHost(route: Route): string {
  return route.host === '' ? 'any' : route.host;
}

/** `header x-version=2, query beta~^1`, and `gRPC` for routes by service and method; `''` when there are none. */
export function describeConditions(route: Route): string {
  const describe = (where: string) => (field: FieldPredicate) => {
    if (field.kind === 'grpc') return 'gRPC';
    return `${where} ${field.name}${field.kind === 'regex' ? '~' : '='}${field.value}`;
  };
  return [...route.headers.map(describe('header')), ...route.query.map(describe('query'))].join(', ');
}

export function describeAction(action: RouteAction): string {
  switch (action.kind) {
    case 'redirect':
      return `redirect ${action.status} ${action.location}`;
    case 'respond':
      return `respond ${action.status}`;
    case 'control':
      return 'the gateway itself';
    case 'proxy': {
      const { targets } = action;
      if (targets.length === 1) return `upstream ${targets[0]!.upstream}`;
      return `split ${targets.map(({ upstream, weight }) => `${upstream}:${weight}`).join(', ')}`;
    }
  }
}

/** Where the route is written, or else which source gave it. */
export function describeOrigin(route: Route): string {
  return route.origin === '' ? route.source : route.origin;
}

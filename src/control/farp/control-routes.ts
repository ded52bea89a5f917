import type { Route, RouteSet } from '../../routing/model.ts';

/** One above what a configuration can ask for: no route of a file or a service is looked at before. */
const PRIORITY = 1_000_001;

const FARP_ROUTE: Route = {
  id: 'gateway:/_farp/*',
  source: 'gateway',
  origin: '',
  path: '/_farp/*',
  methods: [],
  host: '',
  headers: [],
  query: [],
  priority: PRIORITY,
  action: { kind: 'control' },
  plugins: [],
};

/**
 * What services say to the gateway comes in on the port of the traffic. The paths are the gateway's on every host: a
 * service must neither take them over nor show its own ones through a mount.
 */
export function withControlRoutes(routeSet: RouteSet, farp: boolean): RouteSet {
  return farp ? { ...routeSet, routes: [FARP_ROUTE, ...routeSet.routes] } : routeSet;
}

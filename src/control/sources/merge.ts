/**
 * The contributions of all sources as one route set. Their order is that of precedence: among routes with one match the
 * snapshot takes the higher priority and then the earlier one. Nothing that a later source says can take away what an
 * earlier one has: it gives way, and that is told.
 */
import type { PluginInstance, Route, RouteSet, Upstream } from '../../routing/model.ts';
import { MAX_ENDPOINTS, MAX_UPSTREAMS } from '../../shared/memory.ts';
import type { Contribution, MergeProblem } from './contribution.ts';

export interface Merged {
  readonly routeSet: RouteSet;
  readonly problems: readonly MergeProblem[];
}

/** Room in the shared memory, some of which retired upstreams and endpoints still hold while requests end there. */
export interface Capacity {
  readonly upstreams: number;
  readonly endpoints: number;
}

const CAPACITY: Capacity = { upstreams: MAX_UPSTREAMS, endpoints: MAX_ENDPOINTS };
/** Held back for what is being replaced. */
const RESERVE = 0.1;

/** @param contributions the first one is the configuration: it is checked as a whole and never cut short here */
export function mergeContributions(
  contributions: readonly Contribution[],
  capacity: Capacity = CAPACITY,
): Merged {
  const merger = new Merger(capacity);
  for (const [index, contribution] of contributions.entries()) merger.add(contribution, index === 0);
  return merger.result;
}

class Merger {
  readonly #routes: Route[] = [];
  readonly #routeIds = new Set<string>();
  readonly #upstreams = new Map<string, Upstream>();
  readonly #plugins = new Map<string, PluginInstance>();
  readonly #problems: MergeProblem[] = [];
  readonly #capacity: Capacity;
  /** Where an earlier source takes every request: there a narrower route of a later one would be looked at before. */
  readonly #taken = new Map<string, Route>();
  #endpoints = 0;

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  get result(): Merged {
    const routeSet = {
      routes: this.#routes,
      upstreams: [...this.#upstreams.values()],
      plugins: [...this.#plugins.values()],
    };
    return { routeSet, problems: this.#problems };
  }

  add({ source, routes, upstreams, plugins }: Contribution, isWhole: boolean): void {
    for (const plugin of plugins) if (!this.#plugins.has(plugin.id)) this.#plugins.set(plugin.id, plugin);
    const names = new Map<string, string>();
    for (const upstream of upstreams) {
      const name = this.#upstreams.has(upstream.name) ? `${source}:${upstream.name}` : upstream.name;
      const reason = isWhole ? '' : this.#lacks(upstream);
      if (reason !== '' || this.#upstreams.has(name)) {
        const message = reason || 'there is another upstream of this name';
        this.#problems.push({ source, subject: `upstream ${upstream.name}`, message });
        continue;
      }
      names.set(upstream.name, name);
      this.#endpoints += upstream.endpoints.length;
      this.#upstreams.set(name, name === upstream.name ? upstream : { ...upstream, name });
    }
    const before = this.#routes.length;
    for (const route of routes) this.#addRoute(source, route, names, isWhole);
    for (const route of this.#routes.slice(before))
      if (takesAll(route)) this.#taken.set(placeOf(route), route);
  }

  #addRoute(source: string, route: Route, names: ReadonlyMap<string, string>, isWhole: boolean): void {
    const id = this.#routeIds.has(route.id) ? `${source}:${route.id}` : route.id;
    const reason = isWhole ? '' : this.#refusal(route, id);
    if (reason !== '') {
      this.#problems.push({ source, subject: `route ${route.id}`, message: reason });
      return;
    }
    const named = withNames(route, names);
    // Its upstream was left out, which has been told.
    if (named === null) return;
    this.#routeIds.add(id);
    this.#routes.push(id === route.id ? named : { ...named, id });
  }

  #refusal(route: Route, id: string): string {
    if (isReserved(route.path)) return 'the path is reserved for the gateway itself';
    const owner = this.#taken.size === 0 ? undefined : this.#taken.get(placeOf(route));
    if (owner !== undefined) return `${owner.id} of source ${owner.source} serves all methods of this path`;
    return this.#routeIds.has(id) ? 'there is another route of this id' : '';
  }

  /** Too many services take the last ones out, and not the whole generation. */
  #lacks({ endpoints }: Upstream): string {
    if (this.#upstreams.size + 1 > this.#capacity.upstreams * (1 - RESERVE))
      return `the gateway has room for ${this.#capacity.upstreams} upstreams`;
    if (this.#endpoints + endpoints.length > this.#capacity.endpoints * (1 - RESERVE))
      return `the gateway has room for ${this.#capacity.endpoints} endpoints`;
    return '';
  }
}

/** `/_…` belongs to the gateway: registrations, and what other gateways of the kind have there. */
function isReserved(path: string): boolean {
  const [, first = ''] = path.split('/', 2);
  return first === '_' || first === '__' || first === '_farp' || first === '__farp' || first === '__admin';
}

function takesAll({ methods, headers, query }: Route): boolean {
  return methods.length === 0 && headers.length === 0 && query.length === 0;
}

/** The names of parameters do not matter. */
function placeOf({ host, path }: Route): string {
  return `${host}${path.replace(/\{[^}*]*(\*?)\}/g, '{$1}')}`;
}

/** @returns null when an upstream of it was left out */
function withNames(route: Route, names: ReadonlyMap<string, string>): Route | null {
  const { action } = route;
  if (action.kind !== 'proxy') return route;
  if (action.targets.some(({ upstream }) => !names.has(upstream))) return null;
  if (action.targets.every(({ upstream }) => names.get(upstream) === upstream)) return route;
  const targets = action.targets.map(({ upstream, weight }) => ({ upstream: names.get(upstream)!, weight }));
  return { ...route, action: { ...action, targets } };
}

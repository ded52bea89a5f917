/** Routes of the discovered services, made anew only for those that have changed. */
import { createHash } from 'node:crypto';
import type { Service, ServiceProblem } from '../../farp/model.ts';
import { type BuiltRoutes, buildRoutes, type RouteBuildOptions } from '../../farp/routes/build.ts';
import { byRank } from '../../farp/routes/rank.ts';
import type { Route, Upstream } from '../../routing/model.ts';
import type { Contribution } from './contribution.ts';

export interface ServiceRoutesResult {
  readonly contribution: Contribution;
  readonly problems: readonly ServiceProblem[];
  /** Number of routes by service and by where they come from. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** False: the contribution is the same as the one before. */
  readonly changed: boolean;
}

interface Built extends BuiltRoutes {
  /** To tell whether another manifest means other routes at all. */
  readonly digest: string;
}

export class ServiceRoutes {
  #options: RouteBuildOptions | null = null;
  #built = new Map<string, { readonly service: Service; readonly built: Built }>();
  #last: ServiceRoutesResult | null = null;

  build(services: readonly Service[], options: RouteBuildOptions): ServiceRoutesResult {
    const isFresh = this.#options === null || !sameOptions(this.#options, options);
    if (isFresh) this.#built = new Map();
    this.#options = options;
    const before = this.#built;
    const now: typeof before = new Map();
    let changed = isFresh || before.size !== services.length;
    for (const service of services) {
      const known = before.get(service.name);
      if (known?.service === service) {
        now.set(service.name, known);
        continue;
      }
      const built = buildOne(service, options);
      const same =
        known !== undefined && known.built.digest === built.digest && byRank(known.service, service) === 0;
      if (!same) changed = true;
      now.set(service.name, { service, built: same ? { ...known.built, problems: built.problems } : built });
    }
    this.#built = now;
    const order = services.toSorted(byRank).map(({ name }) => now.get(name)!.built);
    const problems = order.flatMap((built) => built.problems);
    if (!changed && this.#last !== null) return { ...this.#last, problems, changed: false };
    this.#last = {
      contribution: { source: 'farp', ...collect(order), plugins: [] },
      problems,
      counts: new Map(order.flatMap(({ counts }) => [...counts])),
      changed: true,
    };
    return this.#last;
  }
}

function collect(order: readonly Built[]): { routes: Route[]; upstreams: Upstream[] } {
  const routes: Route[] = [];
  const upstreams: Upstream[] = [];
  for (const built of order) {
    for (const route of built.routes) routes.push(route);
    for (const upstream of built.upstreams) upstreams.push(upstream);
  }
  return { routes, upstreams };
}

/** A service that brings out a defect here is left out; the others have done nothing. */
function buildOne(service: Service, options: RouteBuildOptions): Built {
  try {
    const built = buildRoutes([service], options);
    const text = JSON.stringify([built.routes, built.upstreams]);
    return { ...built, digest: createHash('sha1').update(text).digest('base64') };
  } catch (error) {
    const message = `no routes could be made of it: ${String(error)}`;
    const problems = [{ service: service.name, subject: '', message }];
    return { routes: [], upstreams: [], problems, counts: new Map(), digest: '' };
  }
}

function sameOptions(a: RouteBuildOptions, b: RouteBuildOptions): boolean {
  return a.defaults === b.defaults && a.domain === b.domain && a.maxRoutes === b.maxRoutes;
}

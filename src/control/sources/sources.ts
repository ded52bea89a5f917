/** All sources of routes, and what they say together. */
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema/schema.ts';
import { wantsDiscovery } from '../../config/wants-discovery.ts';
import type { Provider } from '../../discovery/provider.ts';
import type { Lookup } from '../../farp/fetch/guarded-lookup.ts';
import type { Service } from '../../farp/model.ts';
import type { RouteSet, Upstream } from '../../routing/model.ts';
import type { MetricsStore } from '../../telemetry/metrics-store.ts';
import type { ControlLog } from '../log.ts';
import type { MergeProblem } from './contribution.ts';
import type { DiscoveredServices } from './discovered-services.ts';
import { mergeContributions } from './merge.ts';
import { News } from './news.ts';

export interface SourcesOptions {
  readonly log: ControlLog;
  readonly metrics: MetricsStore;
  readonly lookup: Lookup;
  /** What discovery says may mean other routes, or other endpoints. */
  readonly onChange: () => void;
}

const NO_SERVICES: readonly Service[] = [];

export class Sources {
  readonly #options: SourcesOptions;
  #discovered: DiscoveredServices | null = null;
  #problems: readonly MergeProblem[] = [];
  readonly #news = new News();
  #published: RouteSet | null = null;

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** null: nothing is discovered. */
  get discovered(): DiscoveredServices | null {
    return this.#discovered;
  }

  /** What was left out when the sources were put together. */
  get problems(): readonly MergeProblem[] {
    return this.#problems;
  }

  /**
   * Starts, changes or stops discovery as the configuration wants it.
   *
   * @param push services that register themselves; null when none may
   */
  async configure(config: Config, push: Provider | null): Promise<void> {
    const { log, metrics, lookup, onChange } = this.#options;
    if (!wantsDiscovery(config)) {
      const before = this.#discovered;
      this.#discovered = null;
      if (before !== null) onChange();
      await before?.close();
    } else if (this.#discovered === null) {
      const { DiscoveredServices } = await import('./discovered-services.ts');
      this.#discovered = new DiscoveredServices({ config, log, metrics, lookup, push, onChange });
    } else {
      this.#discovered.configure(config, push);
      onChange();
    }
  }

  /** Everything that is to be routed by. */
  routeSet(loaded: LoadedConfig): RouteSet {
    const { routeSet, serviceUpstreams } = loaded;
    const discovered = this.#discovered;
    const upstreams = routeSet.upstreams.map((upstream) => this.#filled(upstream, serviceUpstreams));
    const file = { source: 'file', ...routeSet, upstreams };
    const merged = mergeContributions(discovered === null ? [file] : [file, discovered.contribution(loaded)]);
    this.#tell(merged.problems);
    return merged.routeSet;
  }

  /** Whether it is what was published last: discovery often has something to say that means no other routes. */
  isInForce({ routes, upstreams }: RouteSet): boolean {
    const last = this.#published;
    return last !== null && sameList(last.routes, routes) && sameUpstreams(last.upstreams, upstreams);
  }

  published(routeSet: RouteSet): void {
    this.#published = routeSet;
  }

  /** Those that have routes; the same list as long as nothing of them changes. */
  services(): readonly Service[] {
    return this.#discovered?.services() ?? NO_SERVICES;
  }

  async close(): Promise<void> {
    await this.#discovered?.close();
  }

  /** An upstream of the files that takes its endpoints from discovery. */
  #filled(upstream: Upstream, services: Readonly<Record<string, string>>): Upstream {
    const service = Object.hasOwn(services, upstream.name) ? services[upstream.name] : undefined;
    if (service === undefined) return upstream;
    return { ...upstream, endpoints: this.#discovered?.endpointsOf(service) ?? [] };
  }

  #tell(problems: readonly MergeProblem[]): void {
    const { log } = this.#options;
    this.#problems = problems;
    this.#news.update(
      new Map(problems.map((problem) => [`${problem.subject} ${problem.message}`, problem])),
      ({ source, subject, message }) => log.warn('left out', { source, subject, reason: message }),
      (count) => log.warn(`${count} more were left out; see /_/services of the admin API`),
    );
  }
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index]);
}

/** Those that are filled from discovery are made anew each time. */
function sameUpstreams(a: readonly Upstream[], b: readonly Upstream[]): boolean {
  return (
    a.length === b.length &&
    a.every((upstream, index) => {
      const other = b[index]!;
      return upstream === other || JSON.stringify(upstream) === JSON.stringify(other);
    })
  );
}

import type { EngineSettings } from '../engine/engine.ts';
import type { TlsContexts } from '../engine/tls/contexts.ts';
import type { PluginSet } from '../plugins/loader.ts';
import { ownedHeaders } from '../plugins/loader.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { Http2Settings } from '../shared/http2-settings.ts';
import { IpSet } from '../shared/ip.ts';
import type { PathPolicy, WorkerLimits, WorkerSettings } from '../shared/messages.ts';
import type { Recorder } from '../telemetry/recorder.ts';
import { Chain } from './chain.ts';
import { CompiledRoute, type CompiledTarget } from './compiled-route.ts';
import type { UpstreamRegistry } from './upstream-registry.ts';

/**
 * Everything one version of the configuration means to this worker. Exchanges in flight keep the generation they
 * started with; it is freed when the last of them ends.
 */
export class LoadedGeneration implements EngineSettings {
  readonly version: number;
  readonly settings: WorkerSettings;
  readonly plugins: PluginSet;
  readonly trustedProxies: IpSet;
  readonly tls: TlsContexts | null;
  /** Pseudonym and instance for Via. */
  readonly via: string;
  /** Names, and prefixes ending in `*`, that only plugins may set (rule B7). */
  readonly ownedHeaders: readonly string[];
  #snapshot: Snapshot | null;
  readonly #routes = new Map<number, CompiledRoute>();
  #exchanges = 0;
  /** Those of them that go on for long and need no routes any more. */
  #lasting = 0;
  #retired = false;

  constructor(
    version: number,
    snapshot: Snapshot,
    settings: WorkerSettings,
    plugins: PluginSet,
    tls: TlsContexts | null,
  ) {
    this.version = version;
    this.#snapshot = snapshot;
    this.settings = settings;
    this.plugins = plugins;
    this.tls = tls;
    this.trustedProxies = new IpSet(settings.trustedProxies);
    this.via = `${settings.viaName} (${settings.instanceId})`;
    this.ownedHeaders = ownedHeaders(plugins).map((name) => name.toLowerCase());
  }

  /** An exchange starts with this generation. */
  enter(): void {
    this.#exchanges++;
  }

  /**
   * An exchange may go on for days from here, a WebSocket or a stream of events. It keeps its plugins and settings; the
   * routes, which can be many megabytes, are freed without waiting for it.
   */
  lasts(): void {
    this.#lasting++;
    this.#shed();
  }

  /** @param lasting whether `lasts` was called for it */
  leave(lasting: boolean): void {
    this.#exchanges--;
    if (lasting) this.#lasting--;
    if (this.#retired) this.#shed();
  }

  /** No new exchange will start with it: its plugins are unloaded when the last one in flight ends. */
  retire(): void {
    this.#retired = true;
    this.#shed();
  }

  #shed(): void {
    if (!this.#retired || this.#exchanges > this.#lasting) return;
    this.#snapshot = null;
    this.#routes.clear();
    if (this.#exchanges === 0) this.plugins.release();
  }

  /** @throws TypeError when the generation is retired and no exchange needs its routes */
  get snapshot(): Snapshot {
    if (this.#snapshot === null) throw new TypeError(`generation ${this.version} is over`);
    return this.#snapshot;
  }

  get limits(): WorkerLimits {
    return this.settings.limits;
  }

  get http2(): Http2Settings {
    return this.settings.http2;
  }

  get pathPolicy(): PathPolicy {
    return this.settings.pathPolicy;
  }

  /** The route with that index, compiled at its first use. */
  route(index: number, upstreams: UpstreamRegistry, recorder: Recorder): CompiledRoute {
    const known = this.#routes.get(index);
    if (known !== undefined) return known;
    const route = this.snapshot.route(index);
    const loaded = route.plugins.map((id) => this.plugins.get(id));
    const unavailable = loaded.map((plugin, i) =>
      plugin === undefined ? `plugin ${route.plugins[i]} is not loaded` : plugin.instance.unavailable,
    );
    const usable = loaded.filter((plugin) => plugin !== undefined && plugin.instance.unavailable === '');
    const chain = usable.length === 0 ? null : new Chain(usable.map((plugin) => plugin!));
    const reason = unavailable.find((text) => text !== '') ?? '';
    const compiled = new CompiledRoute(
      route,
      recorder.route(route.path),
      chain,
      reason,
      route.action.kind === 'proxy' ? this.#targets(route.action.targets, upstreams) : [],
    );
    this.#routes.set(index, compiled);
    return compiled;
  }

  #targets(
    targets: readonly { readonly upstream: string; readonly weight: number }[],
    upstreams: UpstreamRegistry,
  ): CompiledTarget[] {
    return targets.map(({ upstream, weight }) => {
      const record = this.snapshot.upstream(upstream);
      if (record === undefined) throw new TypeError(`the snapshot has no upstream ${upstream}`);
      return { runtime: upstreams.get(record), weight };
    });
  }
}

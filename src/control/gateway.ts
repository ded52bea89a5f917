/** The life of the gateway: start, reload, shutdown. What it consists of is put together in `control-plane.ts`. */
import { setTimeout } from 'node:timers/promises';
import type { AdminServer } from '../admin/server.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema/schema.ts';
import { adminAddress } from '../config/settings.ts';
import { formatHostPort } from '../config/values.ts';
import { errorFields, type Logger } from '../telemetry/logger.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import { adminSettings } from './admin-settings.ts';
import { ControlPlaneState } from './admin-state.ts';
import type { ConfigSource } from './config-loader.ts';
import { ConfigReader } from './config-reader.ts';
import { ControlPlane } from './control-plane.ts';
import { documentSettings } from './documents/document-settings.ts';
import { GatewayDocuments } from './documents/gateway-documents.ts';
import { FileWatch } from './file-watch.ts';
import { listenAdmin, probeListenAddress } from './listen-address.ts';
import { ReloadReports } from './reload-reports.ts';
import { Reloader, type ReloadResult, type ReloadTrigger } from './reloader.ts';
import { restartWarnings } from './restart-settings.ts';
import { DiscoveryPace } from './sources/discovery-pace.ts';
import { Sources } from './sources/sources.ts';
import { workerCount } from './worker-count.ts';

export interface GatewayOptions {
  readonly source: ConfigSource;
  /** The configuration to start with, as it was just read from `source`. */
  readonly first: LoadedConfig;
  /** Its digest. */
  readonly digest: string;
  /** `Date.now()` before it was read. */
  readonly readAt: number;
  readonly logger: Logger;
  readonly metrics: MetricsStore;
}

/** The workers cannot serve the first configuration: a plugin failed, a socket could not be had. */
export class StartError extends Error {}

/** The files were not looked at: only what is discovered may be new. */
const UNREAD: ReloadResult = { outcome: 'unchanged', version: 0, problems: [], warnings: [] };
/** Readiness waits so long for the services that discovery knows: a backend that is away must not hold it up. Milliseconds. */
const DISCOVERY_PATIENCE = 2_000;
const DISCOVERY_RESOLVE_PATIENCE = 100;
/** At a shutdown, when the workers are gone. Milliseconds. */
const RELOAD_PATIENCE = 1_000;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #log: Logger;
  readonly #plane: ControlPlane;
  readonly #reloader: Reloader;
  readonly #documents: GatewayDocuments;
  #admin: AdminServer | null = null;
  readonly #sources: Sources;
  readonly #pace: DiscoveryPace;
  readonly #reader = new ConfigReader();
  /** What the configuration in force was read as. */
  #loaded: LoadedConfig;
  #digest: string;
  #files: FileWatch | null = null;

  /**
   * Resolves when all workers serve.
   *
   * @throws ListenError when a port cannot be had, StartError when the workers cannot start
   */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { server, tls } = options.first.config;
    const { host, port } = await probeListenAddress(server.host, server.http_port);
    const tlsPort = tls.enabled ? (await probeListenAddress(server.host, server.https_port)).port : 0;
    const workers = workerCount(server.workers);
    if (workers.warning !== '') options.logger.warn(workers.warning);
    const gateway = new Gateway(
      options,
      new ControlPlane({ ...options, workers: workers.count, host, port, tlsPort }),
    );
    try {
      await gateway.#start(port, tlsPort);
    } catch (error) {
      await gateway.#close();
      throw error;
    }
    return gateway;
  }

  private constructor(options: GatewayOptions, plane: ControlPlane) {
    const { logger, metrics, digest } = options;
    this.#options = options;
    this.#log = logger;
    this.#plane = plane;
    this.#documents = new GatewayDocuments(
      () => this.#sources.services(),
      () => documentSettings(this.#config),
    );
    this.#digest = digest;
    this.#loaded = options.first;
    this.#pace = new DiscoveryPace(() => this.reload('discovery'));
    this.#sources = new Sources({
      log: logger,
      metrics,
      lookup: (host) => plane.resolver.find(host),
      onChange: () => this.#pace.changed(),
    });
    const reports = new ReloadReports(logger, metrics, plane.status);
    this.#reloader = new Reloader({
      attempt: (triggers) => this.#attempt(triggers),
      report: (result, triggers) => reports.report(result, triggers),
    });
  }

  async #start(port: number, tlsPort: number): Promise<void> {
    const { config, files } = this.#options.first;
    // The workers load their code in threads of their own, the admin API meanwhile in this one.
    const [admin] = await Promise.all([this.#startAdmin(config), this.#startWorkers(this.#options.first)]);
    await this.#awaitServices();
    this.#plane.status.phase = 'serving';
    const onChange = () => void this.reload('file');
    this.#files = await FileWatch.start({ paths: files, log: this.#log, onChange }, this.#options.readAt);
    this.#log.info('ready', {
      http: `http://${formatHostPort(config.server.host, port)}`,
      ...(tlsPort === 0 ? {} : { https: `https://${formatHostPort(config.server.host, tlsPort)}` }),
      admin,
      workers: this.#plane.workers.count,
      engine: config.server.engine,
      routes: this.#plane.status.inForce?.routeSet.routes.length ?? 0,
      upstreams: this.#plane.status.inForce?.routeSet.upstreams.length ?? 0,
      started_in_ms: Math.round(performance.now()),
    });
  }

  async #startWorkers(first: LoadedConfig): Promise<void> {
    const { config } = first;
    await this.#useServices(config);
    const routeSet = this.#sources.routeSet(first);
    const reason = await this.#plane.publisher.publishFirst(config, routeSet);
    if (reason !== '') throw new StartError(reason);
    this.#sources.published(routeSet);
    this.#pace.start();
  }

  async #useServices(config: Config): Promise<void> {
    await this.#plane.useFarp(config);
    this.#plane.farp?.connect({
      services: () => this.#sources.services(),
      discovered: () => this.#sources.discovered,
      upstreamCells: this.#plane.upstreamCells,
      gatewayId: config.server.via,
    });
    await this.#sources.configure(config, config.farp.enabled ? (this.#plane.farp?.registry ?? null) : null);
  }

  /** Requests that come right after a restart find the routes of the services that were there before. */
  async #awaitServices(): Promise<void> {
    const deadline = performance.now() + DISCOVERY_PATIENCE;
    if (this.#sources.discovered === null) return;
    while (!this.#sources.discovered.isSettled && performance.now() < deadline) await setTimeout(10);
    await this.reload('discovery');
  }

  /** @returns where it listens, for the log */
  async #startAdmin(config: Config): Promise<string> {
    if (!config.admin.enabled) return 'off';
    const { AdminServer } = await import('../admin/server.ts');
    const { logger, metrics } = this.#options;
    const { status, workers, endpointCells, upstreamCells, health } = this.#plane;
    this.#admin = new AdminServer({
      address: adminAddress(config),
      ...adminSettings(config),
      state: new ControlPlaneState({
        status,
        workers,
        endpointCells,
        upstreamCells,
        metrics,
        sources: this.#sources,
        documents: this.#documents,
        lastCheck: (slot) => health.lastCheck(slot),
        reload: () => this.reload('admin'),
      }),
      services: (request) => this.#plane.farp?.handle(request) ?? null,
      onError: (message, fields) => logger.error(message, fields),
    });
    return listenAdmin(this.#admin, adminAddress(config));
  }

  /** Reads the configuration again and applies it. Resolves in every case. */
  reload(trigger: ReloadTrigger): Promise<ReloadResult> {
    return this.#reloader.reload(trigger);
  }

  /**
   * Finishes what is in flight, within `server.shutdown_timeout`.
   *
   * @returns false when requests had to be cut
   */
  async shutdown(): Promise<boolean> {
    const { status, workers } = this.#plane;
    const { shutdown_delay: delay, shutdown_timeout: timeout } = this.#config.server;
    status.phase = 'draining';
    this.#log.info('shutting down', { delay_ms: delay, timeout_ms: timeout });
    this.#files?.close();
    this.#pace.stop();
    const reloaded = this.#reloader.close();
    // Load balancers in front need a moment to notice that readiness is gone.
    if (delay > 0) await setTimeout(delay);
    const [complete] = await Promise.all([workers.drain(timeout), this.#plane.farp?.shutdown(timeout)]);
    // A reload that waits for a worker which hangs ends with the worker, if that can be ended.
    await Promise.race([reloaded, setTimeout(RELOAD_PATIENCE, undefined, { ref: false })]);
    await this.#close();
    if (complete) this.#log.info('all requests are finished');
    else this.#log.warn('requests that did not finish in time were cut');
    return complete;
  }

  /** Resolves with the index of a worker thread that hangs and cannot be ended, if there is ever one. */
  get stuck(): Promise<number> {
    return this.#plane.stuck;
  }

  /** After `shutdown`. @returns false when a thread is still there after `patience` milliseconds */
  threadsEnded(patience: number): Promise<boolean> {
    return this.#plane.workers.ended(patience);
  }

  get #config(): Config {
    return this.#plane.status.inForce?.config ?? this.#options.first.config;
  }

  async #attempt(triggers: readonly ReloadTrigger[]): Promise<ReloadResult> {
    const version = this.#plane.status.inForce?.version ?? 0;
    try {
      const read = triggers.every((trigger) => trigger === 'discovery')
        ? UNREAD
        : await this.#readAndPublish(version);
      const isToPublish = read.outcome === 'unchanged' && triggers.includes('discovery');
      return isToPublish ? await this.#publish(this.#loaded, version) : read;
    } catch (error) {
      this.#log.error('a reload failed unexpectedly', errorFields(error, true));
      return { outcome: 'refused', version, problems: [String(error)], warnings: [] };
    }
  }

  async #readAndPublish(version: number): Promise<ReloadResult> {
    const readAt = Date.now();
    const read = await this.#reader.read(this.#options.source);
    await this.#files?.setPaths(read.files, readAt);
    if (!read.ok) return { outcome: 'refused', version, problems: read.problems, warnings: [] };
    const { loaded, digest, warnings } = read;
    if (digest === this.#digest) return { outcome: 'unchanged', version, problems: [], warnings: [] };
    const { config } = loaded;
    const published = await this.#publish(loaded, version);
    if (published.outcome === 'refused') return { ...published, warnings };
    this.#loaded = loaded;
    this.#digest = digest;
    await this.#useServices(config);
    this.#admin?.update(adminSettings(config));
    this.#log.level = config.observability.logging.level;
    this.#log.setFormat(config.observability.logging.format);
    return {
      ...published,
      outcome: 'applied',
      warnings: [...warnings, ...loaded.inactive, ...restartWarnings(this.#options.first.config, config)],
    };
  }

  /** The configuration together with all that the other sources say now. */
  async #publish(loaded: LoadedConfig, version: number): Promise<ReloadResult> {
    const routeSet = this.#sources.routeSet(loaded);
    if (loaded === this.#loaded && this.#sources.isInForce(routeSet))
      return { outcome: 'unchanged', version, problems: [], warnings: [] };
    // Names in what services say must not hold up what others say.
    const patience = loaded === this.#loaded ? DISCOVERY_RESOLVE_PATIENCE : undefined;
    const outcome = await this.#plane.publisher.publish(loaded.config, routeSet, patience);
    if (!outcome.ok) {
      const { reason, retry } = outcome;
      return { outcome: 'refused', version, problems: [reason], warnings: [], transient: retry };
    }
    this.#sources.published(routeSet);
    const { inForce } = this.#plane.status;
    return { outcome: 'applied', version: inForce?.version ?? version, problems: [], warnings: [] };
  }

  async #close(): Promise<void> {
    this.#reader.close();
    this.#files?.close();
    this.#pace.stop();
    this.#plane.close();
    await Promise.all([
      this.#sources.close(),
      this.#documents.close(),
      this.#admin?.close(),
      this.#plane.farp?.close(),
    ]);
  }
}

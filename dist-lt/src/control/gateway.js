import { adminAddress } from '../config/settings.js';
import { formatHostPort } from '../config/values.js';
import { errorFields } from '../telemetry/logger.js';
import { adminSettings } from './admin-settings.js';
import { ControlPlaneState } from './admin-state.js';
import { readInThread } from './config-reader.js';
import { ControlPlane } from './control-plane.js';
import { FileWatch } from './file-watch.js';
import { listenAdmin, probeListenAddress } from './listen-address.js';
import { logReload } from './reload-log.js';
import { Reloader } from './reloader.js';
import { restartWarnings } from './restart-settings.js';
import { workerCount } from './worker-count.js';
/** The workers cannot serve the first configuration: a plugin failed, a socket could not be had. */
export class StartError extends Error {
}
export class Gateway {
    #options;
    #log;
    #plane;
    #reloader;
    #admin = null;
    #digest;
    #files = null;
    /**
     * Resolves when all workers serve.
     *
     * @throws ListenError when a port cannot be had, StartError when the workers cannot start
     */
    static async start(options) {
        const { server, tls } = options.first.config;
        const { host, port } = await probeListenAddress(server.host, server.http_port);
        const tlsPort = tls.enabled ? (await probeListenAddress(server.host, server.https_port)).port : 0;
        const workers = workerCount(server.workers);
        if (workers.warning !== '')
            options.logger.warn(workers.warning);
        const gateway = new Gateway(options, new ControlPlane({ ...options, workers: workers.count, host, port, tlsPort }));
        try {
            await gateway.#start(port, tlsPort);
        }
        catch (error) {
            await gateway.#close();
            throw error;
        }
        return gateway;
    }
    constructor(options, plane) {
        const { logger, metrics, digest } = options;
        this.#options = options;
        this.#log = logger;
        this.#plane = plane;
        this.#digest = digest;
        const reloads = {
            applied: metrics.recorder.counter('octopus_config_reloads_total', { result: 'applied' }),
            refused: metrics.recorder.counter('octopus_config_reloads_total', { result: 'refused' }),
            unchanged: metrics.recorder.counter('octopus_config_reloads_total', { result: 'unchanged' }),
        };
        this.#reloader = new Reloader({
            attempt: () => this.#attempt(),
            report: (result, triggers) => {
                const ok = result.outcome !== 'refused';
                plane.status.lastReload = { at: new Date(), ok, problems: result.problems };
                reloads[result.outcome].add(1);
                logReload(logger, result, triggers);
            },
        });
    }
    async #start(port, tlsPort) {
        const { config, routeSet, files } = this.#options.first;
        // The workers load their code in threads of their own, the admin API meanwhile in this one.
        const [admin] = await Promise.all([this.#startAdmin(config), this.#startWorkers(config, routeSet)]);
        this.#plane.status.phase = 'serving';
        const onChange = () => void this.reload('file');
        this.#files = await FileWatch.start({ paths: files, log: this.#log, onChange }, this.#options.readAt);
        this.#log.info('ready', {
            http: `http://${formatHostPort(config.server.host, port)}`,
            ...(tlsPort === 0 ? {} : { https: `https://${formatHostPort(config.server.host, tlsPort)}` }),
            admin,
            workers: this.#plane.workers.count,
            engine: config.server.engine,
            routes: routeSet.routes.length,
            upstreams: routeSet.upstreams.length,
            started_in_ms: Math.round(performance.now()),
        });
    }
    async #startWorkers(config, routeSet) {
        const reason = await this.#plane.publisher.publishFirst(config, routeSet);
        if (reason !== '')
            throw new StartError(reason);
    }
    /** @returns where it listens, for the log */
    async #startAdmin(config) {
        if (!config.admin.enabled)
            return 'off';
        const { AdminServer } = await import('../admin/server.js');
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
                lastCheck: (slot) => health.lastCheck(slot),
                reload: () => this.reload('admin'),
            }),
            onError: (message, fields) => logger.error(message, fields),
        });
        return listenAdmin(this.#admin, adminAddress(config));
    }
    /** Reads the configuration again and applies it. Resolves in every case. */
    reload(trigger) {
        return this.#reloader.reload(trigger);
    }
    /**
     * Finishes what is in flight, within `server.shutdown_timeout`.
     *
     * @returns false when requests had to be cut
     */
    async shutdown() {
        const { status, workers } = this.#plane;
        const { shutdown_delay: delay, shutdown_timeout: timeout } = this.#config.server;
        status.phase = 'draining';
        this.#log.info('shutting down', { delay_ms: delay, timeout_ms: timeout });
        this.#files?.close();
        await this.#reloader.close();
        // Load balancers in front need a moment to notice that readiness is gone.
        if (delay > 0)
            await new Promise((resolve) => setTimeout(resolve, delay));
        const complete = await workers.drain(timeout);
        await this.#close();
        if (complete)
            this.#log.info('all requests are finished');
        else
            this.#log.warn('requests that did not finish in time were cut');
        return complete;
    }
    get #config() {
        return this.#plane.status.inForce?.config ?? this.#options.first.config;
    }
    async #attempt() {
        const version = this.#plane.status.inForce?.version ?? 0;
        try {
            return await this.#readAndPublish(version);
        }
        catch (error) {
            this.#log.error('a reload failed unexpectedly', errorFields(error, true));
            return { outcome: 'refused', version, problems: [String(error)], warnings: [] };
        }
    }
    async #readAndPublish(version) {
        const readAt = Date.now();
        const read = await readInThread(this.#options.source);
        await this.#files?.setPaths(read.files, readAt);
        if (!read.ok)
            return { outcome: 'refused', version, problems: read.problems, warnings: [] };
        const { loaded, digest, warnings } = read;
        if (digest === this.#digest)
            return { outcome: 'unchanged', version, problems: [], warnings: [] };
        const { config, routeSet } = loaded;
        const outcome = await this.#plane.publisher.publish(config, routeSet);
        if (!outcome.ok) {
            const { reason, retry } = outcome;
            return { outcome: 'refused', version, problems: [reason], warnings, transient: retry };
        }
        this.#digest = digest;
        this.#admin?.update(adminSettings(config));
        this.#log.level = config.observability.logging.level;
        this.#log.setFormat(config.observability.logging.format);
        return {
            outcome: 'applied',
            version: this.#plane.status.inForce?.version ?? version,
            problems: [],
            warnings: [...warnings, ...loaded.inactive, ...restartWarnings(this.#options.first.config, config)],
        };
    }
    async #close() {
        this.#files?.close();
        this.#plane.close();
        await this.#admin?.close();
    }
}
//# sourceMappingURL=gateway.js.map
/** `octopus run`: the gateway as a process, with its signals and its exit code. */
import { ListenError } from '../../native-bindings/listen-error.js';
import { errorFields, Logger } from '../telemetry/logger.js';
import { MetricsStore } from '../telemetry/metrics-store.js';
import { readInThread } from './config-reader.js';
import { Gateway, StartError } from './gateway.js';
import { packageVersion } from './version.js';
/** Runs until SIGTERM or SIGINT and then finishes what is in flight; the same signal once more exits at once. */
export async function runGateway(source) {
    const signals = new Signals();
    const readAt = Date.now();
    const read = await readInThread(source);
    if (!read.ok)
        return { end: 'refused', problems: read.problems };
    const { loaded, digest, warnings } = read;
    const { level, format } = loaded.config.observability.logging;
    const metrics = new MetricsStore();
    const dropped = metrics.recorder.counter('octopus_log_lines_dropped_total', {});
    const logger = new Logger({ level, format, onDrop: (lines) => dropped.add(lines) });
    exitOnDefects(logger);
    logger.info('starting', { version: packageVersion(), node: process.versions.node, pid: process.pid });
    for (const warning of warnings)
        logger.warn(warning);
    for (const sentence of loaded.inactive)
        logger.warn(sentence);
    try {
        const gateway = await Gateway.start({ source, first: loaded, digest, readAt, logger, metrics });
        await signals.untilStop(() => void gateway.reload('signal'));
        await gateway.shutdown();
        return { end: 'stopped' };
    }
    catch (error) {
        if (error instanceof StartError)
            return { end: 'refused', problems: [error.message] };
        if (error instanceof ListenError)
            return { end: 'cannot-start', reason: error.message };
        throw error;
    }
    finally {
        await logger.close();
    }
}
const STOP_SIGNALS = { SIGTERM: 15, SIGINT: 2 };
/**
 * Takes over the signals with its construction: as the first process of a container nobody else would. Until
 * `untilStop` a stop signal ends the start, and a wish for a reload waits.
 */
class Signals {
    #reloadWanted = false;
    #onReload = () => {
        this.#reloadWanted = true;
    };
    #onStop = () => process.exit(0);
    constructor() {
        process.on('SIGHUP', () => this.#onReload());
        for (const [signal, number] of Object.entries(STOP_SIGNALS)) {
            let stopping = false;
            process.on(signal, () => {
                // Whoever asks twice does not want to wait for requests in flight.
                if (stopping)
                    process.exit(128 + number);
                stopping = true;
                this.#onStop();
            });
        }
    }
    untilStop(reload) {
        this.#onReload = reload;
        if (this.#reloadWanted)
            reload();
        return new Promise((resolve) => {
            this.#onStop = resolve;
        });
    }
}
/** The primary's state is unknown after an error that nobody expected: say so and let the service manager restart us. */
function exitOnDefects(logger) {
    let exiting = false;
    const exit = (error) => {
        if (exiting)
            return;
        exiting = true;
        logger.error('unexpected failure in the primary thread', errorFields(error, true));
        void logger.close(500).finally(() => process.exit(1));
    };
    process.on('uncaughtException', exit);
    process.on('unhandledRejection', exit);
}
//# sourceMappingURL=run.js.map
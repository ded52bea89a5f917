/** `octopus run`: the gateway as a process, with its signals and its exit code. */
import { exitNow } from '../../native-bindings/exit-now.ts';
import { ListenError } from '../../native-bindings/listen-error.ts';
import { errorFields, Logger } from '../telemetry/logger.ts';
import { MetricsStore } from '../telemetry/metrics-store.ts';
import type { ConfigSource } from './config-loader.ts';
import { ConfigReader } from './config-reader.ts';
import { Gateway, StartError } from './gateway.ts';
import { openFilesWarning } from './open-files.ts';
import { packageVersion } from './version.ts';

export type RunResult =
  /** It served and was told to stop. */
  | { readonly end: 'stopped' }
  /** It served and could not go on. */
  | { readonly end: 'failed'; readonly reason: string }
  /** The configuration is refused, problem by problem. */
  | { readonly end: 'refused'; readonly problems: readonly string[] }
  /** The configuration is fine, but the gateway cannot start. */
  | { readonly end: 'cannot-start'; readonly reason: string };

/** Runs until SIGTERM or SIGINT and then finishes what is in flight; the same signal once more exits at once. */
export async function runGateway(source: ConfigSource): Promise<RunResult> {
  const signals = new Signals();
  const readAt = Date.now();
  const read = await new ConfigReader(0).read(source);
  if (!read.ok) return { end: 'refused', problems: read.problems };
  const { loaded, digest, warnings } = read;
  const { level, format } = loaded.config.observability.logging;
  const metrics = new MetricsStore();
  const dropped = metrics.recorder.counter('octopus_log_lines_dropped_total', {});
  const logger = new Logger({ level, format, onDrop: (lines) => dropped.add(lines) });
  exitOnDefects(logger);

  logger.info('starting', { version: packageVersion(), node: process.versions.node, pid: process.pid });
  for (const warning of warnings) logger.warn(warning);
  for (const sentence of loaded.inactive) logger.warn(sentence);
  const files = openFilesWarning(loaded.config.server.limits.connections);
  if (files !== '') logger.info(files);
  try {
    const gateway = await Gateway.start({ source, first: loaded, digest, readAt, logger, metrics });
    const stopped = signals.untilStop(() => void gateway.reload('signal'));
    const stuck = await Promise.race([stopped, gateway.stuck]);
    if (stuck !== undefined)
      logger.error('worker cannot be ended, so that the gateway ends', { worker: stuck });
    await gateway.shutdown();
    if (!(await gateway.threadsEnded(THREADS_PATIENCE))) {
      logger.warn('a worker thread hangs; the process ends without waiting for it');
      await logger.close();
      exitNow(stuck === undefined ? 0 : 1);
    }
    return stuck === undefined ? { end: 'stopped' } : { end: 'failed', reason: `worker ${stuck} hung` };
  } catch (error) {
    if (error instanceof StartError) return { end: 'refused', problems: [error.message] };
    if (error instanceof ListenError) return { end: 'cannot-start', reason: error.message };
    throw error;
  } finally {
    await logger.close();
  }
}

/** A terminated thread ends within milliseconds, if it can. */
const THREADS_PATIENCE = 1_500;

const STOP_SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const;

/**
 * Takes over the signals with its construction: as the first process of a container nobody else would. Until
 * `untilStop` a stop signal ends the start, and a wish for a reload waits.
 */
class Signals {
  #reloadWanted = false;
  #onReload = () => {
    this.#reloadWanted = true;
  };
  #onStop: () => void = () => process.exit(0);

  constructor() {
    process.on('SIGHUP', () => this.#onReload());
    for (const [signal, number] of Object.entries(STOP_SIGNALS)) {
      let stopping = false;
      process.on(signal, () => {
        // Whoever asks twice does not want to wait for requests in flight.
        if (stopping) exitNow(128 + number);
        stopping = true;
        this.#onStop();
      });
    }
  }

  untilStop(reload: () => void): Promise<void> {
    this.#onReload = reload;
    if (this.#reloadWanted) reload();
    return new Promise((resolve) => {
      this.#onStop = resolve;
    });
  }
}

/** The primary's state is unknown after an error that nobody expected: say so and let the service manager restart us. */
function exitOnDefects(logger: Logger): void {
  let exiting = false;
  const exit = (error: unknown) => {
    if (exiting) return;
    exiting = true;
    logger.error('unexpected failure in the primary thread', errorFields(error, true));
    void logger.close(500).finally(() => process.exit(1));
  };
  process.on('uncaughtException', exit);
  process.on('unhandledRejection', exit);
}

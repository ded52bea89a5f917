/**
 * Active health checks of all endpoints, from the primary: each endpoint is asked once per interval, however many
 * workers there are. Results go into the shared cells; a worker sees a change with its next request.
 */
import type { Endpoint, HealthCheck, Upstream, UpstreamTls } from '../../routing/model.ts';
import {
  type EndpointCells,
  HEALTH_HEALTHY,
  HEALTH_UNHEALTHY,
  HEALTH_UNKNOWN,
} from '../../shared/endpoint-cells.ts';
import { Semaphore } from '../../shared/semaphore.ts';
import type { Credentials } from '../../shared/tls-settings.ts';
import { type CheckResult, runCheck } from './check.ts';
import { checkTls } from './check-tls.ts';

export interface HealthTransition {
  readonly upstream: string;
  /** Address of the endpoint. */
  readonly endpoint: string;
  readonly slot: number;
  readonly healthy: boolean;
  /** It was neither healthy nor unhealthy before: its first verdict. */
  readonly first: boolean;
  /** Why the last check failed; `''` if it passed. */
  readonly reason: string;
}

export interface HealthCheckerOptions {
  readonly cells: EndpointCells;
  /** Addresses of a host name or IP literal; empty if it has none. */
  resolve(host: string): readonly string[];
  /** Certificates for an upstream's `tls.credentials`. */
  credentials(digest: string): Credentials | undefined;
  onTransition(transition: HealthTransition): void;
}

/** The last check of an endpoint. */
export interface LastCheck extends CheckResult {
  readonly at: Date;
}

interface Target {
  readonly upstream: string;
  endpoint: Endpoint;
  tls: UpstreamTls;
  protocol: Upstream['protocol'];
  settings: HealthCheck;
  /** Checks in a row that passed, or that failed. */
  passed: number;
  failed: number;
  last: LastCheck | null;
  /** Which of the host's addresses is next. */
  turn: number;
  timer: NodeJS.Timeout | null;
  /** Of the check that waits or runs. */
  abort: AbortController | null;
}

/** Checks of thousands of endpoints must not take all file descriptors at once. */
const PARALLEL = 256;
/** First checks are spread over this time, or more where there are thousands; a start should know soon what is up. */
const FIRST_SPREAD = 500;
const FIRST_CHECKS_PER_SECOND = 500;
/** Share of the interval by which it varies, so that checks that fell together drift apart. */
const JITTER = 0.1;

export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  /** By slot. */
  readonly #targets = new Map<number, Target>();
  readonly #parallel = new Semaphore(PARALLEL);

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
  }

  /**
   * Checks these from now on. An endpoint that stays keeps its state and its rhythm; one that is gone, or has no health
   * check any more, is left as unknown, which counts as healthy.
   *
   * @param upstreams with their slots
   */
  update(upstreams: readonly Upstream[]): void {
    const keep = new Set<number>();
    for (const { name, healthCheck, endpoints, tls, protocol } of upstreams) {
      if (healthCheck === null) continue;
      for (const endpoint of endpoints) {
        keep.add(endpoint.slot);
        this.#put(name, endpoint, healthCheck, { tls, protocol });
      }
    }
    for (const slot of this.#targets.keys()) if (!keep.has(slot)) this.#drop(slot);
  }

  /** Null before the first check of the endpoint in that slot has ended. */
  lastCheck(slot: number): LastCheck | null {
    return this.#targets.get(slot)?.last ?? null;
  }

  stop(): void {
    for (const target of this.#targets.values()) this.#halt(target);
    this.#targets.clear();
  }

  #put(
    upstream: string,
    endpoint: Endpoint,
    settings: HealthCheck,
    { tls, protocol }: Pick<Upstream, 'tls' | 'protocol'>,
  ): void {
    const known = this.#targets.get(endpoint.slot);
    if (known !== undefined && known.upstream === upstream && known.endpoint.address === endpoint.address) {
      const same = sameSettings(known.settings, settings);
      known.endpoint = endpoint;
      known.tls = tls;
      known.protocol = protocol;
      known.settings = settings;
      if (!same) this.#restart(known);
      return;
    }
    if (known !== undefined) this.#drop(endpoint.slot);
    const target: Target = {
      upstream,
      endpoint,
      tls,
      protocol,
      settings,
      passed: 0,
      failed: 0,
      last: null,
      turn: 0,
      timer: null,
      abort: null,
    };
    this.#targets.set(endpoint.slot, target);
    this.#restart(target);
  }

  #drop(slot: number): void {
    this.#halt(this.#targets.get(slot)!);
    this.#targets.delete(slot);
    this.#options.cells.setHealth(slot, HEALTH_UNKNOWN);
  }

  #halt(target: Target): void {
    if (target.timer !== null) clearTimeout(target.timer);
    target.timer = null;
    target.abort?.abort();
    target.abort = null;
  }

  #restart(target: Target): void {
    this.#halt(target);
    const spread = Math.max(FIRST_SPREAD, (this.#targets.size * 1000) / FIRST_CHECKS_PER_SECOND);
    this.#schedule(target, Math.random() * Math.min(spread, target.settings.interval));
  }

  #schedule(target: Target, delay: number): void {
    target.timer = setTimeout(() => void this.#check(target), delay);
    target.timer.unref();
  }

  async #check(target: Target): Promise<void> {
    const abort = new AbortController();
    target.abort = abort;
    let startedAt = performance.now();
    const result = await this.#parallel.run(async () => {
      startedAt = performance.now();
      return abort.signal.aborted ? null : this.#ask(target, abort.signal);
    });
    // Dropped or restarted meanwhile: the result belongs to settings that are gone.
    if (abort.signal.aborted || result === null) return;
    target.abort = null;
    target.last = { ...result, at: new Date() };
    if (result.conclusive) this.#judge(target, result);
    const interval = target.settings.interval * (1 + (Math.random() * 2 - 1) * JITTER);
    this.#schedule(target, Math.max(0, startedAt + interval - performance.now()));
  }

  async #ask(target: Target, signal: AbortSignal): Promise<CheckResult> {
    const { host, port, address } = target.endpoint;
    const addresses = this.#options.resolve(host);
    if (addresses.length === 0) {
      return { error: `${host} has no address`, status: 0, latencyMs: 0, conclusive: true };
    }
    // Traffic takes the addresses in turn, so the checks do too.
    target.turn = (target.turn + 1) % addresses.length;
    const ip = addresses[target.turn]!;
    const tls = target.endpoint.tls ? await checkTls(host, target.tls, this.#options) : null;
    const { settings } = target;
    const place = { ip, port, authority: address, tls };
    // Loaded only where they are needed.
    if (settings.grpcService !== null) {
      const { runGrpcCheck } = await import('./check-grpc.ts');
      return runGrpcCheck(place, settings.grpcService, settings.timeout, signal);
    }
    if (target.protocol !== 'h2') return runCheck(place, settings, signal);
    const { runH2Check } = await import('./check-h2.ts');
    return runH2Check(place, settings, signal);
  }

  #judge(target: Target, result: CheckResult): void {
    const ok = result.error === '';
    target.passed = ok ? target.passed + 1 : 0;
    target.failed = ok ? 0 : target.failed + 1;
    const health = this.#options.cells.health(target.endpoint.slot);
    // Nothing is known of a new endpoint, so the first check that passes is enough to call it healthy.
    const needed = health === HEALTH_UNKNOWN ? 1 : target.settings.healthyAfter;
    if (ok && health !== HEALTH_HEALTHY && target.passed >= needed) this.#change(target, true, '');
    if (!ok && health !== HEALTH_UNHEALTHY && target.failed >= target.settings.unhealthyAfter) {
      this.#change(target, false, result.error);
    }
  }

  #change(target: Target, healthy: boolean, reason: string): void {
    const { cells, onTransition } = this.#options;
    const { slot, address } = target.endpoint;
    const first = cells.health(slot) === HEALTH_UNKNOWN;
    cells.setHealth(slot, healthy ? HEALTH_HEALTHY : HEALTH_UNHEALTHY);
    onTransition({ upstream: target.upstream, endpoint: address, slot, healthy, first, reason });
  }
}

function sameSettings(a: HealthCheck, b: HealthCheck): boolean {
  return (
    a.path === b.path &&
    a.grpcService === b.grpcService &&
    a.interval === b.interval &&
    a.timeout === b.timeout &&
    a.healthyAfter === b.healthyAfter &&
    a.unhealthyAfter === b.unhealthyAfter &&
    a.expect.join() === b.expect.join()
  );
}

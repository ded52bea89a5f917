import { HEALTH_HEALTHY, HEALTH_UNHEALTHY, HEALTH_UNKNOWN, } from '../../shared/endpoint-cells.js';
import { Semaphore } from '../../shared/semaphore.js';
import { runCheck } from './check.js';
/** Checks of thousands of endpoints must not take all file descriptors at once. */
const PARALLEL = 256;
/** First checks are spread over at most this time; a start should know soon what is up. */
const FIRST_SPREAD = 500;
/** Share of the interval by which it varies, so that checks that fell together drift apart. */
const JITTER = 0.1;
export class HealthChecker {
    #options;
    /** By slot. */
    #targets = new Map();
    #parallel = new Semaphore(PARALLEL);
    constructor(options) {
        this.#options = options;
    }
    /**
     * Checks these from now on. An endpoint that stays keeps its state and its rhythm; one that is gone, or has no health
     * check any more, is left as unknown, which counts as healthy.
     *
     * @param upstreams with their slots
     */
    update(upstreams) {
        const keep = new Set();
        for (const { name, healthCheck, endpoints } of upstreams) {
            if (healthCheck === null)
                continue;
            for (const endpoint of endpoints) {
                keep.add(endpoint.slot);
                this.#put(name, endpoint, healthCheck);
            }
        }
        for (const slot of this.#targets.keys())
            if (!keep.has(slot))
                this.#drop(slot);
    }
    /** Null before the first check of the endpoint in that slot has ended. */
    lastCheck(slot) {
        return this.#targets.get(slot)?.last ?? null;
    }
    stop() {
        for (const target of this.#targets.values())
            this.#halt(target);
        this.#targets.clear();
    }
    #put(upstream, endpoint, settings) {
        const known = this.#targets.get(endpoint.slot);
        if (known !== undefined && known.upstream === upstream && known.endpoint.address === endpoint.address) {
            const same = sameSettings(known.settings, settings);
            known.endpoint = endpoint;
            known.settings = settings;
            if (!same)
                this.#restart(known);
            return;
        }
        if (known !== undefined)
            this.#drop(endpoint.slot);
        const target = {
            upstream,
            endpoint,
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
    #drop(slot) {
        this.#halt(this.#targets.get(slot));
        this.#targets.delete(slot);
        this.#options.cells.setHealth(slot, HEALTH_UNKNOWN);
    }
    #halt(target) {
        if (target.timer !== null)
            clearTimeout(target.timer);
        target.timer = null;
        target.abort?.abort();
        target.abort = null;
    }
    #restart(target) {
        this.#halt(target);
        this.#schedule(target, Math.random() * Math.min(FIRST_SPREAD, target.settings.interval));
    }
    #schedule(target, delay) {
        target.timer = setTimeout(() => void this.#check(target), delay);
        target.timer.unref();
    }
    async #check(target) {
        const abort = new AbortController();
        target.abort = abort;
        let startedAt = performance.now();
        const result = await this.#parallel.run(async () => {
            startedAt = performance.now();
            return abort.signal.aborted ? null : this.#ask(target, abort.signal);
        });
        // Dropped or restarted meanwhile: the result belongs to settings that are gone.
        if (abort.signal.aborted || result === null)
            return;
        target.abort = null;
        target.last = { ...result, at: new Date() };
        if (result.conclusive)
            this.#judge(target, result);
        const interval = target.settings.interval * (1 + (Math.random() * 2 - 1) * JITTER);
        this.#schedule(target, Math.max(0, startedAt + interval - performance.now()));
    }
    async #ask(target, signal) {
        const { host, port, address } = target.endpoint;
        const addresses = this.#options.resolve(host);
        if (addresses.length === 0) {
            return { error: `${host} has no address`, status: 0, latencyMs: 0, conclusive: true };
        }
        // Traffic takes the addresses in turn, so the checks do too.
        target.turn = (target.turn + 1) % addresses.length;
        return runCheck({ ip: addresses[target.turn], port, authority: address }, target.settings, signal);
    }
    #judge(target, result) {
        const ok = result.error === '';
        target.passed = ok ? target.passed + 1 : 0;
        target.failed = ok ? 0 : target.failed + 1;
        const health = this.#options.cells.health(target.endpoint.slot);
        // Nothing is known of a new endpoint, so the first check that passes is enough to call it healthy.
        const needed = health === HEALTH_UNKNOWN ? 1 : target.settings.healthyAfter;
        if (ok && health !== HEALTH_HEALTHY && target.passed >= needed)
            this.#change(target, true, '');
        if (!ok && health !== HEALTH_UNHEALTHY && target.failed >= target.settings.unhealthyAfter) {
            this.#change(target, false, result.error);
        }
    }
    #change(target, healthy, reason) {
        const { cells, onTransition } = this.#options;
        const { slot, address } = target.endpoint;
        const first = cells.health(slot) === HEALTH_UNKNOWN;
        cells.setHealth(slot, healthy ? HEALTH_HEALTHY : HEALTH_UNHEALTHY);
        onTransition({ upstream: target.upstream, endpoint: address, slot, healthy, first, reason });
    }
}
function sameSettings(a, b) {
    return (a.path === b.path &&
        a.interval === b.interval &&
        a.timeout === b.timeout &&
        a.healthyAfter === b.healthyAfter &&
        a.unhealthyAfter === b.unhealthyAfter &&
        a.expect.join() === b.expect.join());
}
//# sourceMappingURL=health-checker.js.map
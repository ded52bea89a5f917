import { HEALTH_UNHEALTHY } from '../shared/endpoint-cells.js';
/** An endpoint that fails again soon after it came back stays out longer each time, up to this many times as long. */
const MAX_STREAK = 5;
export class OutlierDetector {
    #endpoints;
    #slot;
    #cells;
    #upstreams;
    #settings;
    /** How many may be out at once; at least one endpoint always stays. */
    #allowed;
    constructor(settings, slot, endpoints, cells, upstreams) {
        this.#settings = settings;
        this.#slot = slot;
        this.#endpoints = endpoints.filter((endpoint) => endpoint.weight > 0);
        this.#cells = cells;
        this.#upstreams = upstreams;
        const count = this.#endpoints.length;
        // The small addition: 0.29 * 100 is 28.999… in floating point.
        this.#allowed = Math.min(count - 1, Math.floor(count * settings.maxEjected + 1e-9));
    }
    /** @param failures tries in a row that have failed at the endpoint, with this one */
    failed(slot, failures, now) {
        if (this.#cells.ejectedUntil(slot) > now) {
            // Sent before the ejection: must not count against the endpoint when it is back.
            this.#cells.clearConsecutiveFailures(slot);
            return;
        }
        if (failures < this.#settings.consecutiveFailures || this.#allowed < 1)
            return;
        // Two threads that eject two endpoints at once could go over the cap together.
        if (!this.#upstreams.tryLockEjection(this.#slot))
            return;
        if (this.#mayEject(slot, now))
            this.#eject(slot, now);
        this.#upstreams.unlockEjection(this.#slot);
    }
    #mayEject(slot, now) {
        let ejected = 0;
        let othersAvailable = 0;
        for (const endpoint of this.#endpoints) {
            const out = this.#cells.ejectedUntil(endpoint.slot) > now;
            if (out && endpoint.slot === slot)
                return false;
            if (out)
                ejected++;
            else if (endpoint.slot !== slot && this.#cells.health(endpoint.slot) !== HEALTH_UNHEALTHY)
                othersAvailable++;
        }
        return ejected < this.#allowed && othersAvailable > 0;
    }
    #eject(slot, now) {
        const before = this.#cells.ejectedFor(slot);
        const again = before > 0 && now - this.#cells.ejectedUntil(slot) < before;
        const streak = again ? Math.min(MAX_STREAK, this.#cells.ejectionStreak(slot) + 1) : 1;
        this.#cells.eject(slot, now, this.#settings.ejectFor * streak, streak);
    }
}
//# sourceMappingURL=outlier.js.map
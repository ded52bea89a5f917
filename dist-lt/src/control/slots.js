import { MAX_ENDPOINTS, MAX_UPSTREAMS } from '../shared/memory.js';
/** More upstreams or endpoints than the shared memory has room for; the assignment changed nothing. */
export class SlotsExhaustedError extends Error {
    constructor(kind, wanted, held, capacity) {
        const retired = held > 0 ? `, ${held} more are still held for requests in flight` : '';
        super(`too many ${kind}: ${wanted} are configured, the gateway has room for ${capacity}${retired}`);
        this.name = 'SlotsExhaustedError';
    }
}
export class SlotAllocator {
    #upstreams;
    #endpoints;
    /** @param cells the primary's own views; released slots are reset in them */
    constructor(endpoints, upstreams) {
        this.#upstreams = new SlotTable('upstreams', MAX_UPSTREAMS, () => true, (slot) => upstreams.reset(slot));
        this.#endpoints = new SlotTable('endpoints', MAX_ENDPOINTS, (slot) => endpoints.inFlight(slot) === 0, (slot) => endpoints.reset(slot));
    }
    /**
     * The same set with all slots filled in. If the generation comes to nothing (a worker refuses it), assign the set that
     * is still served once more, under a newer version.
     *
     * @param version of the generation that will be made of the set; must grow
     * @throws SlotsExhaustedError
     */
    assignSlots(routeSet, version) {
        const names = new Set(routeSet.upstreams.map((upstream) => upstream.name));
        const keys = new Set(routeSet.upstreams.flatMap((upstream) => upstream.endpoints.map((it) => keyOf(upstream, it))));
        this.#upstreams.check(names);
        this.#endpoints.check(keys);
        this.#upstreams.assign(names, version);
        this.#endpoints.assign(keys, version);
        const upstreams = routeSet.upstreams.map((upstream) => ({
            ...upstream,
            slot: this.#upstreams.get(upstream.name),
            endpoints: upstream.endpoints.map((it) => ({ ...it, slot: this.#endpoints.get(keyOf(upstream, it)) })),
        }));
        return { ...routeSet, upstreams };
    }
    /**
     * Call when all workers serve `version`: frees what that generation and those before it have dropped.
     *
     * @returns how many such slots are still held because requests are in flight; call again later while it is not 0
     */
    release(version) {
        return this.#upstreams.release(version) + this.#endpoints.release(version);
    }
}
function keyOf(upstream, endpoint) {
    return `${upstream.name}\0${endpoint.address}`;
}
class SlotTable {
    #kind;
    #capacity;
    #idle;
    #reset;
    #used = new Map();
    #retired = new Map();
    /** Freed slots, the one that has been free longest first. */
    #free = [];
    #next = 0;
    constructor(kind, capacity, idle, reset) {
        this.#kind = kind;
        this.#capacity = capacity;
        this.#idle = idle;
        this.#reset = reset;
    }
    get(key) {
        return this.#used.get(key);
    }
    check(wanted) {
        let held = 0;
        for (const key of this.#used.keys())
            if (!wanted.has(key))
                held++;
        for (const key of this.#retired.keys())
            if (!wanted.has(key))
                held++;
        if (wanted.size + held > this.#capacity) {
            throw new SlotsExhaustedError(this.#kind, wanted.size, held, this.#capacity);
        }
    }
    assign(wanted, version) {
        for (const [key, slot] of this.#used) {
            if (wanted.has(key))
                continue;
            this.#used.delete(key);
            this.#retired.set(key, { slot, version });
        }
        for (const key of wanted) {
            if (!this.#used.has(key))
                this.#used.set(key, this.#take(key));
        }
    }
    /** An owner that comes back while its slot is held finds its state as it left it. */
    #take(key) {
        const retired = this.#retired.get(key);
        if (retired === undefined)
            return this.#next < this.#capacity ? this.#next++ : this.#free.shift();
        this.#retired.delete(key);
        return retired.slot;
    }
    release(version) {
        let busy = 0;
        const freed = [];
        for (const [key, retired] of this.#retired) {
            if (retired.version > version)
                continue;
            if (!this.#idle(retired.slot)) {
                busy++;
                continue;
            }
            this.#retired.delete(key);
            this.#reset(retired.slot);
            freed.push(retired.slot);
        }
        this.#free = this.#free.concat(freed);
        return busy;
    }
}
//# sourceMappingURL=slots.js.map
import { HEALTH_UNHEALTHY } from '../shared/endpoint-cells.js';
import { ADMITTED } from './admission.js';
import { createBalancer } from './balancers/create.js';
import { Breaker } from './breaker.js';
import { Candidates } from './candidates.js';
import { OutlierDetector } from './outlier.js';
import { RetryBudget } from './retry-budget.js';
import { StickySessions } from './sticky.js';
export class UpstreamGroup {
    record;
    #cells;
    #breaker;
    #outlier;
    #sticky;
    #budget;
    #balancer;
    /** All endpoints that are available, and those of them that this exchange has not tried. */
    #available;
    #untried;
    /** `#available` is right as long as the cells have this version and the first ejection has not ended. */
    #seenVersion = -1;
    #validUntil = 0;
    /** @param record with its slots assigned */
    constructor(record, endpoints, upstreams) {
        if (record.slot < 0)
            throw new RangeError(`upstream ${record.name} has no slot`);
        this.record = record;
        this.#cells = endpoints;
        this.#breaker =
            record.circuitBreaker && new Breaker(record.circuitBreaker, record.timeouts, upstreams, record.slot);
        this.#outlier =
            record.outlier &&
                new OutlierDetector(record.outlier, record.slot, record.endpoints, endpoints, upstreams);
        this.#sticky = record.sticky && new StickySessions(record, record.sticky);
        this.#budget = new RetryBudget(upstreams, record.slot);
        this.#available = new Candidates(record.endpoints);
        this.#untried = new Candidates(record.endpoints);
        this.#balancer = createBalancer(record, this.#available, endpoints, upstreams);
    }
    /** Asks the breaker. Not `REFUSED`: pass the value to exactly one of `settle` and `release`. */
    admit(now) {
        return this.#breaker === null ? ADMITTED : this.#breaker.admit(now);
    }
    /** Reports the final outcome of an admitted exchange. */
    settle(admission, ok, now) {
        if (this.#breaker !== null)
            this.#breaker.settle(admission, ok, now);
    }
    /** Ends an admitted exchange without an outcome, for example because the client went away. */
    release(admission) {
        if (this.#breaker !== null)
            this.#breaker.release(admission);
    }
    /**
     * @param avoid indexes that this exchange has tried; null on the first try. Another endpoint is taken if there is one.
     * @returns the index of an endpoint of `record.endpoints`, or -1 if none is available
     */
    pick(context, avoid, now) {
        this.#refresh(now);
        let candidates = this.#available;
        if (candidates.count === 0)
            return -1;
        const retry = avoid !== null && avoid.length > 0;
        if (retry) {
            this.#untried.fillWithout(candidates, avoid);
            if (this.#untried.count === 0)
                this.#addSuspects(avoid);
            if (this.#untried.count > 0)
                candidates = this.#untried;
        }
        return candidates.indexes[this.#balancer.pick(candidates, context, retry, now)];
    }
    /**
     * Index of the endpoint that the client's cookie names; -1 if there is no such cookie or the endpoint is out. One with
     * weight 0 keeps the clients it has.
     */
    stickyIndex(context, now) {
        if (this.#sticky === null)
            return -1;
        const index = this.#sticky.index(context);
        return index >= 0 && this.#isUp(index, now) ? index : -1;
    }
    /** Value of the Set-Cookie field that ties a client to the endpoint. Only for upstreams with `record.sticky`. */
    stickyCookie(index) {
        if (this.#sticky === null)
            throw new TypeError(`upstream ${this.record.name} has no sticky sessions`);
        return this.#sticky.setCookie(index);
    }
    /** A try succeeded. @param latencyMs from sending the request to the response head */
    succeeded(index, latencyMs, now) {
        const slot = this.record.endpoints[index].slot;
        this.#cells.clearConsecutiveFailures(slot);
        this.#cells.addLatency(slot, latencyMs, now);
    }
    /** A try failed through the endpoint's fault. */
    failed(index, now) {
        const slot = this.record.endpoints[index].slot;
        const failures = this.#cells.addFailure(slot);
        this.#cells.addFailureLatency(slot, now);
        if (this.#outlier !== null)
            this.#outlier.failed(slot, failures, now);
    }
    /** Once per exchange. @param share the route's `retries.budget` */
    noteRequest(share, now) {
        this.#budget.deposit(share, now);
    }
    /** Takes one retry from the budget. @param share the route's `retries.budget`; 0 refuses */
    mayRetry(share, now) {
        return this.#budget.withdraw(share, now);
    }
    /**
     * An ejection is only a suspicion: an ejected endpoint that this exchange has not tried is a better bet than one that
     * has just failed it. What a health check has found unhealthy stays out.
     */
    #addSuspects(avoid) {
        const endpoints = this.record.endpoints;
        for (let index = 0; index < endpoints.length; index++) {
            const { weight, slot } = endpoints[index];
            if (weight <= 0 || avoid.includes(index))
                continue;
            if (this.#cells.health(slot) !== HEALTH_UNHEALTHY)
                this.#untried.add(index);
        }
    }
    #isUp(index, now) {
        const slot = this.record.endpoints[index].slot;
        if (this.#cells.health(slot) === HEALTH_UNHEALTHY)
            return false;
        return this.#outlier === null || this.#cells.ejectedUntil(slot) <= now;
    }
    /** Availability changes rarely and requests are many, so the list of the available endpoints is kept. */
    #refresh(now) {
        const version = this.#cells.version();
        if (version === this.#seenVersion && now < this.#validUntil)
            return;
        const endpoints = this.record.endpoints;
        this.#available.clear();
        this.#seenVersion = version;
        this.#validUntil = Number.POSITIVE_INFINITY;
        for (let index = 0; index < endpoints.length; index++) {
            if (endpoints[index].weight <= 0)
                continue;
            if (this.#isUp(index, now))
                this.#available.add(index);
            else if (this.#outlier !== null)
                this.#noteEjectionEnd(index, now);
        }
    }
    #noteEjectionEnd(index, now) {
        const until = this.#cells.ejectedUntil(this.record.endpoints[index].slot);
        if (until > now && until < this.#validUntil)
            this.#validUntil = until;
    }
}
//# sourceMappingURL=group.js.map
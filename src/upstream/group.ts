/**
 * One worker's view of an upstream: which endpoint takes a request, and what its outcome means. All state that matters
 * to other workers lies in shared cells, so a group can be made anew for every snapshot and loses nothing.
 *
 * Order of calls of one exchange: `admit`, `noteRequest`; per try `stickyIndex` or `pick`, then `succeeded` or `failed`;
 * before each further try `mayRetry`; at the end `settle`, or `release` if the exchange came to no outcome.
 *
 * `now` is this thread's `performance.now()` in milliseconds; one that lags by some 100 ms is good enough.
 */
import type { Upstream } from '../routing/model.ts';
import { type EndpointCells, HEALTH_UNHEALTHY } from '../shared/endpoint-cells.ts';
import type { UpstreamCells } from '../shared/upstream-cells.ts';
import { ADMITTED, type Admission } from './admission.ts';
import type { Balancer } from './balancers/balancer.ts';
import { createBalancer } from './balancers/create.ts';
import { Breaker } from './breaker.ts';
import { Candidates } from './candidates.ts';
import { OutlierDetector } from './outlier.ts';
import type { PickContext } from './pick-context.ts';
import { RetryBudget } from './retry-budget.ts';
import { StickySessions } from './sticky.ts';

export class UpstreamGroup {
  readonly record: Upstream;
  readonly #cells: EndpointCells;
  readonly #breaker: Breaker | null;
  readonly #outlier: OutlierDetector | null;
  readonly #sticky: StickySessions | null;
  readonly #budget: RetryBudget;
  readonly #balancer: Balancer;
  /** All endpoints that are available, and those of them that this exchange has not tried. */
  readonly #available: Candidates;
  readonly #untried: Candidates;
  /** `#available` is right as long as the cells have this version and the first ejection has not ended. */
  #seenVersion = -1;
  #validUntil = 0;

  /** @param record with its slots assigned */
  constructor(record: Upstream, endpoints: EndpointCells, upstreams: UpstreamCells) {
    if (record.slot < 0) throw new RangeError(`upstream ${record.name} has no slot`);
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
  admit(now: number): Admission {
    return this.#breaker === null ? ADMITTED : this.#breaker.admit(now);
  }

  /** Reports the final outcome of an admitted exchange. */
  settle(admission: Admission, ok: boolean, now: number): void {
    if (this.#breaker !== null) this.#breaker.settle(admission, ok, now);
  }

  /** Ends an admitted exchange without an outcome, for example because the client went away. */
  release(admission: Admission): void {
    if (this.#breaker !== null) this.#breaker.release(admission);
  }

  /**
   * @param avoid indexes that this exchange has tried, in order; null on the first try. Another endpoint is taken if there
   *   is one, else the one whose try is longest ago.
   * @returns the index of an endpoint of `record.endpoints`, or -1 if none is available
   */
  pick(context: PickContext, avoid: readonly number[] | null, now: number): number {
    this.#refresh(now);
    let candidates = this.#available;
    if (candidates.count === 0) return -1;
    const retry = avoid !== null && avoid.length > 0;
    if (retry) {
      this.#untried.fillWithout(candidates, avoid);
      if (this.#untried.count === 0) this.#addSuspects(avoid);
      if (this.#untried.count === 0) this.#addOldestTry(candidates, avoid);
      if (this.#untried.count > 0) candidates = this.#untried;
    }
    return candidates.indexes[this.#balancer.pick(candidates, context, retry, now)]!;
  }

  /**
   * Index of the endpoint that the client's cookie names; -1 if there is no such cookie or the endpoint is out. One with
   * weight 0 keeps the clients it has.
   */
  stickyIndex(context: PickContext, now: number): number {
    if (this.#sticky === null) return -1;
    const index = this.#sticky.index(context);
    return index >= 0 && this.#isUp(index, now) ? index : -1;
  }

  /** Value of the Set-Cookie field that ties a client to the endpoint. Only for upstreams with `record.sticky`. */
  stickyCookie(index: number): string {
    if (this.#sticky === null) throw new TypeError(`upstream ${this.record.name} has no sticky sessions`);
    return this.#sticky.setCookie(index);
  }

  /** A try succeeded. @param latencyMs from sending the request to the response head */
  succeeded(index: number, latencyMs: number, now: number): void {
    const slot = this.record.endpoints[index]!.slot;
    this.#cells.clearConsecutiveFailures(slot);
    this.#cells.addLatency(slot, latencyMs, now);
  }

  /** A try failed through the endpoint's fault. */
  failed(index: number, now: number): void {
    const slot = this.record.endpoints[index]!.slot;
    const failures = this.#cells.addFailure(slot);
    this.#cells.addFailureLatency(slot, now);
    if (this.#outlier !== null) this.#outlier.failed(slot, failures, now);
  }

  /** Once per exchange. @param share the route's `retries.budget` */
  noteRequest(share: number, now: number): void {
    this.#budget.deposit(share, now);
  }

  /** Takes one retry from the budget. @param share the route's `retries.budget`; 0 refuses */
  mayRetry(share: number, now: number): boolean {
    return this.#budget.withdraw(share, now);
  }

  /**
   * An ejection is only a suspicion: an ejected endpoint that this exchange has not tried is a better bet than one that
   * has just failed it. What a health check has found unhealthy stays out.
   */
  #addSuspects(avoid: readonly number[]): void {
    const endpoints = this.record.endpoints;
    for (let index = 0; index < endpoints.length; index++) {
      const { weight, slot } = endpoints[index]!;
      if (weight <= 0 || avoid.includes(index)) continue;
      if (this.#cells.health(slot) !== HEALTH_UNHEALTHY) this.#untried.add(index);
    }
  }

  /** Every endpoint has failed this exchange: the one that did so longest ago may be back, the last one hardly. */
  #addOldestTry(candidates: Candidates, avoid: readonly number[]): void {
    this.#untried.fillWithout(candidates, avoid.slice(1 - candidates.count));
  }

  #isUp(index: number, now: number): boolean {
    const slot = this.record.endpoints[index]!.slot;
    if (this.#cells.health(slot) === HEALTH_UNHEALTHY) return false;
    return this.#outlier === null || this.#cells.ejectedUntil(slot) <= now;
  }

  /** Availability changes rarely and requests are many, so the list of the available endpoints is kept. */
  #refresh(now: number): void {
    const version = this.#cells.version();
    if (version === this.#seenVersion && now < this.#validUntil) return;
    const endpoints = this.record.endpoints;
    this.#available.clear();
    this.#seenVersion = version;
    this.#validUntil = Number.POSITIVE_INFINITY;
    for (let index = 0; index < endpoints.length; index++) {
      if (endpoints[index]!.weight <= 0) continue;
      if (this.#isUp(index, now)) this.#available.add(index);
      else if (this.#outlier !== null) this.#noteEjectionEnd(index, now);
    }
  }

  #noteEjectionEnd(index: number, now: number): void {
    const until = this.#cells.ejectedUntil(this.record.endpoints[index]!.slot);
    if (until > now && until < this.#validUntil) this.#validUntil = until;
  }
}

/**
 * Deals out the slots of the shared cells. An upstream keeps its slot as long as its name is there, an endpoint as long
 * as its upstream lists its address, so that health, in-flight counts and breaker states survive reloads.
 *
 * A slot whose owner is gone is held back, because workers may still use the older generation. It goes to a new owner
 * only after `release` was told that all workers serve a generation without it, and nothing is in flight at it.
 */
import type { Endpoint, RouteSet, Upstream } from '../routing/model.ts';
import type { EndpointCells } from '../shared/endpoint-cells.ts';
import { MAX_ENDPOINTS, MAX_UPSTREAMS } from '../shared/memory.ts';
import type { UpstreamCells } from '../shared/upstream-cells.ts';

/** More upstreams or endpoints than the shared memory has room for; the assignment changed nothing. */
export class SlotsExhaustedError extends Error {
  constructor(kind: string, wanted: number, held: number, capacity: number) {
    const retired = held > 0 ? `, ${held} more are still held for requests in flight` : '';
    super(`too many ${kind}: ${wanted} are configured, the gateway has room for ${capacity}${retired}`);
    this.name = 'SlotsExhaustedError';
  }
}

export class SlotAllocator {
  readonly #upstreams: SlotTable;
  readonly #endpoints: SlotTable;

  /** @param cells the primary's own views; released slots are reset in them */
  constructor(endpoints: EndpointCells, upstreams: UpstreamCells) {
    this.#upstreams = new SlotTable(
      'upstreams',
      MAX_UPSTREAMS,
      () => true,
      (slot) => upstreams.reset(slot),
    );
    this.#endpoints = new SlotTable(
      'endpoints',
      MAX_ENDPOINTS,
      (slot) => endpoints.inFlight(slot) === 0,
      (slot) => endpoints.reset(slot),
    );
  }

  /**
   * The same set with all slots filled in. If the generation comes to nothing (a worker refuses it), assign the set that
   * is still served once more, under a newer version.
   *
   * @param version of the generation that will be made of the set; must grow
   * @throws SlotsExhaustedError
   */
  assignSlots(routeSet: RouteSet, version: number): RouteSet {
    const names = new Set(routeSet.upstreams.map((upstream) => upstream.name));
    const keys = new Set(
      routeSet.upstreams.flatMap((upstream) => upstream.endpoints.map((it) => keyOf(upstream, it))),
    );
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
  release(version: number): number {
    return this.#upstreams.release(version) + this.#endpoints.release(version);
  }
}

function keyOf(upstream: Upstream, endpoint: Endpoint): string {
  return `${upstream.name}\0${endpoint.address}`;
}

class SlotTable {
  readonly #kind: string;
  readonly #capacity: number;
  readonly #idle: (slot: number) => boolean;
  readonly #reset: (slot: number) => void;
  readonly #used = new Map<string, number>();
  readonly #retired = new Map<string, { readonly slot: number; readonly version: number }>();
  /** Freed slots, the one that has been free longest first. */
  #free: number[] = [];
  #next = 0;

  constructor(
    kind: string,
    capacity: number,
    idle: (slot: number) => boolean,
    reset: (slot: number) => void,
  ) {
    this.#kind = kind;
    this.#capacity = capacity;
    this.#idle = idle;
    this.#reset = reset;
  }

  get(key: string): number {
    return this.#used.get(key)!;
  }

  check(wanted: ReadonlySet<string>): void {
    let held = 0;
    for (const key of this.#used.keys()) if (!wanted.has(key)) held++;
    for (const key of this.#retired.keys()) if (!wanted.has(key)) held++;
    if (wanted.size + held > this.#capacity) {
      throw new SlotsExhaustedError(this.#kind, wanted.size, held, this.#capacity);
    }
  }

  assign(wanted: ReadonlySet<string>, version: number): void {
    for (const [key, slot] of this.#used) {
      if (wanted.has(key)) continue;
      this.#used.delete(key);
      this.#retired.set(key, { slot, version });
    }
    for (const key of wanted) {
      if (!this.#used.has(key)) this.#used.set(key, this.#take(key));
    }
  }

  /** An owner that comes back while its slot is held finds its state as it left it. */
  #take(key: string): number {
    const retired = this.#retired.get(key);
    if (retired === undefined) return this.#next < this.#capacity ? this.#next++ : this.#free.shift()!;
    this.#retired.delete(key);
    return retired.slot;
  }

  release(version: number): number {
    let busy = 0;
    const freed: number[] = [];
    for (const [key, retired] of this.#retired) {
      if (retired.version > version) continue;
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

/** Makes generations out of route sets and brings the workers, and all that watches endpoints, from one to the next. */
import type { Config } from '../config/schema/schema.ts';
import { workerSettings } from '../config/settings.ts';
import { compileSnapshot } from '../routing/compile.ts';
import type { RouteSet } from '../routing/model.ts';
import type { AddressBook, Generation, TransportName } from '../shared/messages.ts';
import { withControlRoutes } from './farp/control-routes.ts';
import { type SlotAllocator, SlotsExhaustedError } from './slots.ts';
import type { GatewayStatus, InForce } from './status.ts';
import { tlsOf } from './tls/material.ts';
import type { TicketKeys } from './tls/ticket-keys.ts';
import type { ApplyOutcome, WorkerPool } from './worker-pool.ts';

export interface PublisherOptions {
  readonly pool: WorkerPool;
  readonly slots: SlotAllocator;
  readonly status: GatewayStatus;
  /** Distinguishes this process in `Via` (rule B5). */
  readonly instanceId: string;
  readonly ticketKeys: TicketKeys;
  /** Addresses of the host names among the endpoints, the best known after that many milliseconds. */
  resolve(routeSet: RouteSet, patience: number): Promise<AddressBook>;
  /** All workers serve this now. */
  onPublished(inForce: InForce): void;
  /** This is in force: newly published, or once more because its successor was refused. */
  onSettled(inForce: InForce): void;
}

/** A name that has no address by then is looked up further while the generation is already served. Milliseconds. */
const RESOLVE_PATIENCE = 1_000;
/** How often to look whether the last requests at removed endpoints are over, in milliseconds. */
const RELEASE_INTERVAL = 1_000;

export class Publisher {
  readonly #options: PublisherOptions;
  #version = 0;
  #releaseTimer: NodeJS.Timeout | null = null;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Starts the workers with it. @returns '' or why they cannot */
  async publishFirst(config: Config, routeSet: RouteSet): Promise<string> {
    const { generation, inForce } = await this.#compile(config, routeSet, RESOLVE_PATIENCE);
    const reason = await this.#options.pool.start(generation);
    if (reason === '') this.#publish(inForce);
    return reason;
  }

  /**
   * Not to be called again before it is done.
   *
   * @param patience milliseconds for names that are new; addresses that come later are handed on
   */
  async publish(config: Config, routeSet: RouteSet, patience = RESOLVE_PATIENCE): Promise<ApplyOutcome> {
    let candidate: Candidate;
    try {
      candidate = await this.#compile(config, routeSet, patience);
    } catch (error) {
      if (!(error instanceof SlotsExhaustedError)) throw error;
      this.#settle();
      return { ok: false, reason: error.message, retry: false };
    }
    const { generation, inForce } = candidate;
    const outcome = await this.#options.pool.apply(generation);
    if (outcome.ok) this.#publish(inForce);
    else this.#takeBack();
    return outcome;
  }

  close(): void {
    if (this.#releaseTimer !== null) clearTimeout(this.#releaseTimer);
    this.#releaseTimer = null;
  }

  /** @throws SlotsExhaustedError */
  async #compile(config: Config, published: RouteSet, patience: number): Promise<Candidate> {
    const wanted = withControlRoutes(published, config.farp.enabled);
    const version = ++this.#version;
    const { slots, resolve, instanceId, ticketKeys } = this.#options;
    const { server, credentials } = tlsOf(config);
    const addresses = await resolve(wanted, patience);
    const routeSet = slots.assignSlots(wanted, version);
    const { buffer, conflicts, refused } = compileSnapshot(routeSet, version);
    const generation = {
      version,
      snapshot: buffer,
      settings: { ...workerSettings(config, instanceId), tls: server },
      addresses,
      ticketKeys: ticketKeys.current,
      credentials,
      transports: transportsOf(routeSet),
    };
    return { generation, inForce: { version, appliedAt: new Date(), config, routeSet, conflicts, refused } };
  }

  #publish(inForce: InForce): void {
    this.#options.status.inForce = inForce;
    this.#options.onPublished(inForce);
    this.#settle();
    this.#release(inForce.version);
  }

  #settle(): void {
    const { status, onSettled } = this.#options;
    if (status.inForce !== null) onSettled(status.inForce);
  }

  /** The slots that only the refused generation wanted are given back; those of the one in force are kept. */
  #takeBack(): void {
    const { slots, status } = this.#options;
    if (status.inForce === null) return;
    const version = ++this.#version;
    slots.assignSlots(status.inForce.routeSet, version);
    this.#settle();
    this.#release(version);
  }

  #release(version: number): void {
    this.close();
    if (this.#options.slots.release(version) === 0) return;
    this.#releaseTimer = setTimeout(() => this.#release(version), RELEASE_INTERVAL);
    this.#releaseTimer.unref();
  }
}

function transportsOf({ upstreams }: RouteSet): TransportName[] {
  const names: TransportName[] = [];
  if (upstreams.some(({ endpoints }) => endpoints.some(({ tls }) => tls))) names.push('tls');
  if (upstreams.some(({ protocol }) => protocol !== 'h1')) names.push('h2');
  return names;
}

interface Candidate {
  readonly generation: Generation;
  readonly inForce: InForce;
}

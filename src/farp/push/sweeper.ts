/** Notices which registered instances are gone: by heartbeats that stop, or by knocking where none ever came. */
import { connect } from 'node:net';
import type { Entry } from './entry.ts';
import type { PushSettings } from './settings.ts';

export interface SweeperOptions {
  readonly entries: ReadonlyMap<string, Entry>;
  now(): number;
  readonly probe?: (host: string, port: number) => Promise<boolean>;
  drop(entry: Entry, reason: string): void;
  /** Some instance is reachable again, or no longer. */
  changed(): void;
}

const SWEEP_INTERVAL = 1_000;
/** Between two sweeps: more than a busy machine explains. */
const STANDSTILL = 5_000;
const PROBE_TIMEOUT = 2_000;
const MAX_PROBES = 32;

export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #probe: (host: string, port: number) => Promise<boolean>;
  #settings: PushSettings | null = null;
  #timer: NodeJS.Timeout | null = null;
  #sweptAt: number;
  #probes = 0;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#probe = options.probe ?? acceptsConnections;
    this.#sweptAt = options.now();
  }

  start(settings: PushSettings): void {
    this.#settings = settings;
    this.#sweptAt = this.#options.now();
    this.#timer = setInterval(() => void this.sweep(), SWEEP_INTERVAL);
    this.#timer.unref();
  }

  configure(settings: PushSettings): void {
    this.#settings = settings;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#settings = null;
  }

  /** Resolves when the probes that it begins are over. */
  async sweep(): Promise<void> {
    const settings = this.#settings;
    if (settings === null) return;
    const { entries, drop } = this.#options;
    const now = this.#options.now();
    this.#forgiveSleep(now);
    const probes: Promise<void>[] = [];
    for (const entry of entries.values()) {
      if (entry.heartbeats) {
        if (now - entry.aliveAt > settings.heartbeatTimeout)
          drop(entry, `no heartbeat for ${Math.round((now - entry.aliveAt) / 1000)} s`);
      } else if (entry.failedProbes > 0 && now - entry.aliveAt > settings.unreachableTimeout) {
        drop(entry, `nothing has answered there for ${Math.round((now - entry.aliveAt) / 1000)} s`);
      } else if (now >= entry.nextProbe && !entry.probing && this.#probes < MAX_PROBES) {
        probes.push(this.#knock(entry, settings));
      }
    }
    await Promise.all(probes);
  }

  /** When the whole process stood still, it was not the services that were silent. */
  #forgiveSleep(now: number): void {
    const gap = now - this.#sweptAt;
    this.#sweptAt = now;
    if (gap <= STANDSTILL) return;
    for (const entry of this.#options.entries.values()) entry.aliveAt = Math.min(now, entry.aliveAt + gap);
  }

  async #knock(entry: Entry, settings: PushSettings): Promise<void> {
    this.#probes++;
    entry.probing = true;
    const { host, port } = entry.registration;
    const answers = await this.#probe(host, port).catch(() => false);
    this.#probes--;
    entry.probing = false;
    const now = this.#options.now();
    entry.nextProbe = now + settings.probeInterval;
    const was = entry.isUnreachable;
    if (answers) {
      entry.aliveAt = now;
      entry.failedProbes = 0;
      entry.lastHealthCheck = new Date();
    } else if (!entry.heartbeats) {
      entry.failedProbes++;
    }
    if (was !== entry.isUnreachable && this.#settings !== null) this.#options.changed();
  }
}

function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from './cases.ts';
import { foreignCores, readMachine } from './measure/foreign-load.ts';
import { memoryWithConnections } from './measure/idle.ts';
import { CONCURRENCY, type LoadResult, runLoad } from './measure/load.ts';
import { requestHead, runOpenLoop } from './measure/open-loop.ts';
import { cpuBetween, residentBytes, usageOf } from './measure/usage.ts';
import type { FoundPeer } from './peers/all.ts';
import type { Launch } from './peers/peer.ts';
import type { FixedRateRound, ProxyResult, Round } from './report/results.ts';
import { makeCertificate } from './system/certificate.ts';
import { type Server, startServer } from './system/child.ts';
import type { CoreLayout } from './system/cores.ts';
import { freePort } from './system/ports.ts';
import { verifyProxy } from './verify.ts';

/** On a quiet machine a fast proxy serves these in a second. */
const WARM_UP_REQUESTS = 25_000;

export interface Bench {
  readonly scenario: Case;
  readonly layout: CoreLayout;
  /** Folder with the wrk scripts. */
  readonly scripts: string;
  /** Scratch folder of this case. */
  readonly directory: string;
  readonly originPort: number;
}

/** One proxy, running with the configuration of one case, and what was measured of it so far. */
export class Contender {
  readonly name: string;
  readonly #version: string;
  readonly #bench: Bench;
  readonly #launch: Launch;
  readonly #server: Server;
  readonly #port: number;
  readonly #rounds: Round[] = [];
  readonly #fixedRate: FixedRateRound[] = [];
  #memory: ProxyResult['memory'] = { resident: 0, withConnections: null };

  private constructor(found: FoundPeer, bench: Bench, launch: Launch, server: Server, port: number) {
    this.name = found.peer.name;
    this.#version = found.version;
    this.#bench = bench;
    this.#launch = launch;
    this.#server = server;
    this.#port = port;
  }

  /**
   * Starts the proxy and checks that it answers as the others do.
   * @returns null when the peer cannot do this case
   */
  static async start(found: FoundPeer, bench: Bench): Promise<Contender | null> {
    const { peer } = found;
    const directory = path.join(bench.directory, peer.name);
    mkdirSync(directory, { recursive: true });
    const port = await freePort();
    const adminPort = await freePort();
    const launch = peer.prepare({
      scenario: bench.scenario,
      directory,
      port,
      adminPort,
      originPort: bench.originPort,
      certificate: bench.scenario.tls ? makeCertificate(directory) : null,
    });
    if (!launch) return null;
    const server = startServer(launch, bench.layout.proxy, path.join(directory, 'output.log'));
    try {
      const contender = new Contender(found, bench, launch, server, port);
      await verifyProxy(contender.name, server, port, bench.scenario);
      return contender;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Load that is not measured: connection pools fill and compilers see enough requests to do their work. */
  async warmUp(seconds: number, mostMore: number): Promise<void> {
    let requests = (await this.#load(seconds)).requests;
    for (let more = 0; more < mostMore && requests < WARM_UP_REQUESTS; more++) {
      requests += (await this.#load(1)).requests;
    }
  }

  /** One measurement at peak. */
  async measure(seconds: number): Promise<Round> {
    const machine = readMachine();
    const before = usageOf(this.#server.pid);
    const startedAt = performance.now();
    const result = await this.#whileReloading(() => this.#load(seconds));
    const wallMs = performance.now() - startedAt;
    const cpu = cpuBetween(before, usageOf(this.#server.pid));
    const round: Round = {
      requests: result.requests,
      requestsPerSecond: result.requests / result.seconds,
      userMicros: (cpu.userMs * 1_000) / result.requests,
      systemMicros: (cpu.systemMs * 1_000) / result.requests,
      p50: result.p50,
      p99: result.p99,
      p999: result.p999,
      errors: result.errors,
      busy: (cpu.userMs + cpu.systemMs) / wallMs / this.#bench.scenario.workers,
      foreignCores: foreignCores(machine, readMachine()),
    };
    this.#rounds.push(round);
    return round;
  }

  /** Latency at half of this proxy's own peak. */
  async measureFixedRate(seconds: number): Promise<FixedRateRound> {
    const peak = Math.max(...this.#rounds.map((round) => round.requestsPerSecond));
    const ratePerSecond = Math.max(1, Math.round(peak / 2));
    const job = {
      port: this.#port,
      request: requestHead(this.#port, this.#bench.scenario.path),
      ratePerSecond,
      connections: CONCURRENCY,
      warmUpMs: 500,
      measureMs: seconds * 1_000,
    };
    const { achievedRate, ...report } = await this.#whileReloading(() =>
      runOpenLoop(job, this.#bench.layout),
    );
    const round: FixedRateRound = { requestsPerSecond: achievedRate, ...report };
    this.#fixedRate.push(round);
    return round;
  }

  /** Memory without load, then with the open connections of an idle case. */
  async measureIdle(restSeconds: number): Promise<void> {
    const { scenario, layout } = this.#bench;
    await sleep(restSeconds * 1_000);
    const resident = residentBytes(this.#server.pid);
    const count = scenario.idleConnections;
    const withConnections = await memoryWithConnections(
      this.#server.pid,
      this.#port,
      scenario.path,
      count,
      layout.load,
      restSeconds,
    );
    this.#memory = { resident, withConnections };
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async finish(): Promise<ProxyResult> {
    if (this.#memory.withConnections === null) {
      this.#memory = { resident: residentBytes(this.#server.pid), withConnections: null };
    }
    const workerRequests = (await this.#launch.workerRequests?.()) ?? [];
    await this.stop();
    return {
      name: this.name,
      version: this.#version,
      rounds: this.#rounds,
      fixedRate: this.#fixedRate,
      memory: this.#memory,
      workerRequests,
    };
  }

  #load(seconds: number): Promise<LoadResult> {
    const { scenario, scripts, layout, directory } = this.#bench;
    return runLoad({
      scenario,
      port: this.#port,
      seconds,
      layout,
      scripts,
      directory: path.join(directory, this.name),
    });
  }

  /** In the reload case the configuration is reloaded once a second while `work` runs, the first time after half. */
  async #whileReloading<T>(work: () => Promise<T>): Promise<T> {
    const { reload } = this.#launch;
    if (!this.#bench.scenario.reload || !reload) return await work();
    let timer: NodeJS.Timeout | undefined;
    const first = setTimeout(() => {
      reload(this.#server.pid);
      timer = setInterval(() => reload(this.#server.pid), 1_000);
    }, 500);
    try {
      return await work();
    } finally {
      clearTimeout(first);
      clearInterval(timer);
    }
  }
}

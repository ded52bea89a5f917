import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { Metrics } from './metrics.ts';
import { reservePort } from './ports.ts';
import { RawClient } from './raw-client.ts';

/** A configuration file as plain data; `server` gets host, ports and worker count unless it names them. */
export type GatewayConfig = Readonly<Record<string, unknown>> & {
  readonly server?: Readonly<Record<string, unknown>>;
};

export interface GatewayOptions {
  readonly workers?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments for node itself, for example `--max-old-space-size=…`. */
  readonly nodeArgs?: readonly string[];
  /** Files written beside the configuration before the start, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** When the start is over, for a gateway without admin API at the usual place. Default: `/_/ready` is 200. */
  readonly ready?: (gateway: Gateway) => Promise<boolean>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The engine under test; the conformance tests run on each. */
export const ENGINE = process.env.OCTOPUS_TEST_ENGINE ?? 'builtin';

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const START_PATIENCE = 60_000;
const LOG_CAP = 4_000_000;
const running = new Set<Gateway>();

// A test runner that gives up ends the test process with a signal; the gateway must not outlive it.
process.on('exit', () => {
  for (const gateway of running) gateway.child.kill('SIGKILL');
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));

/** Starts the real command and waits until it is ready. The caller stops it in `after`. */
export async function startGateway(config: GatewayConfig, options: GatewayOptions = {}): Promise<Gateway> {
  const [http, https, admin] = await Promise.all([reservePort(), reservePort(), reservePort()]);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-test-'));
  for (const [name, text] of Object.entries(options.files ?? {}))
    writeFileSync(path.join(folder, name), text);
  const gateway = new Gateway({ http, https, admin }, folder, config, options);
  try {
    await gateway.untilReady();
  } catch (error) {
    await gateway.stop('SIGKILL');
    throw new Error(`${(error as Error).message}\n--- its log ---\n${gateway.log}`);
  }
  return gateway;
}

export class Gateway {
  readonly port: number;
  /** For `tls.enabled`. */
  readonly tlsPort: number;
  readonly adminPort: number;
  readonly folder: string;
  readonly configFile: string;
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** Both output streams, the latest few megabytes. */
  log = '';
  #exit: Exit | null = null;
  #config: GatewayConfig;
  readonly #workers: number;
  readonly #ready: (gateway: Gateway) => Promise<boolean>;
  readonly #release: () => void;

  constructor(
    ports: Readonly<Record<'http' | 'https' | 'admin', { port: number; release(): void }>>,
    folder: string,
    config: GatewayConfig,
    options: GatewayOptions,
  ) {
    const { http, https, admin } = ports;
    this.port = http.port;
    this.tlsPort = https.port;
    this.adminPort = admin.port;
    this.folder = folder;
    this.configFile = path.join(folder, 'octopus.yaml');
    this.#workers = options.workers ?? 2;
    this.#ready = options.ready ?? isReady;
    this.#config = config;
    this.#release = () => {
      http.release();
      https.release();
      admin.release();
    };
    this.writeConfig(config);
    const args = [
      ...(options.nodeArgs ?? []),
      CLI,
      'run',
      '-c',
      this.configFile,
      // Without a wish of the test run, `server.engine` decides.
      ...(ENGINE === 'builtin' ? [] : ['--engine', ENGINE]),
      ...(options.args ?? []),
    ];
    this.child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    });
    running.add(this);
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
        if (this.log.length > LOG_CAP) this.log = this.log.slice(-LOG_CAP / 2);
      });
    }
    this.exited = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        running.delete(this);
        resolve(this.#exit);
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The configuration last written by `writeConfig`. */
  get config(): GatewayConfig {
    return this.#config;
  }

  async untilReady(): Promise<void> {
    await eventually(
      async () => {
        if (this.#exit) throw new Fatal(`the gateway exited with ${JSON.stringify(this.#exit)}`);
        return this.#ready(this);
      },
      'the gateway to be ready',
      START_PATIENCE,
    );
  }

  /** Writes the file in one step, as a careful editor would, and gives its text. The gateway watches the file. */
  writeConfig(config: GatewayConfig): string {
    this.#config = config;
    const server = {
      host: '127.0.0.1',
      http_port: this.port,
      https_port: this.tlsPort,
      admin_port: this.adminPort,
      workers: this.#workers,
      ...config.server,
    };
    const text = stringify({ ...config, server });
    this.writeConfigText(text);
    return text;
  }

  writeConfigText(text: string): void {
    writeFileSync(`${this.configFile}.new`, text);
    renameSync(`${this.configFile}.new`, this.configFile);
  }

  /** Applies a configuration through `POST /_/reload` and throws when it is refused. */
  async reload(config: GatewayConfig): Promise<void> {
    this.writeConfig(config);
    const response = await this.admin('/_/reload', { method: 'POST' });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`reload: ${response.status} ${body}`);
  }

  /** Where it listens, if that is a certain address. */
  get host(): string {
    return String(this.#config.server?.['host'] ?? '127.0.0.1');
  }

  admin(target: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://${this.host}:${this.adminPort}${target}`, init);
  }

  async metrics(): Promise<Metrics> {
    return new Metrics(await (await this.admin('/metrics')).text());
  }

  /** Log lines that are JSON objects, access lines among them. */
  logLines(): Record<string, unknown>[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for a log line; they are written in batches. */
  logLine(
    matches: (line: Record<string, unknown>) => boolean,
    what: string,
  ): Promise<Record<string, unknown>> {
    return eventually(async () => this.logLines().find(matches) ?? null, `a log line: ${what}`);
  }

  connect(localAddress?: string): Promise<RawClient> {
    return RawClient.connect(this.port, localAddress === undefined ? {} : { localAddress });
  }

  /** Resident memory of the process in bytes. */
  rss(): number {
    const pages = Number(readFileSync(`/proc/${this.pid}/statm`, 'latin1').split(' ')[1]);
    return pages * 4096;
  }

  /** Ends the process: the signal, then SIGKILL if it is still there after ten seconds. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (!this.#exit) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    const exit = await this.exited;
    clearTimeout(timer);
    this.#release();
    rmSync(this.folder, { recursive: true, force: true });
    return exit;
  }
}

async function isReady(gateway: Gateway): Promise<boolean> {
  return (await gateway.admin('/_/ready').catch(() => null))?.status === 200;
}

class Fatal extends Error {}

/** Asks again and again until the answer is neither null nor false. */
export async function eventually<T>(
  ask: () => Promise<T | null | false>,
  what: string,
  patience = 30_000,
): Promise<T> {
  const deadline = performance.now() + patience;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== false) return answer;
    } catch (error) {
      if (error instanceof Fatal) throw error;
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${patience} ms for ${what}`, last === undefined ? {} : { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

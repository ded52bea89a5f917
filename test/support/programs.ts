import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type Program =
  | 'nginx'
  | 'haproxy'
  | 'wrk'
  | 'dnsmasq'
  | 'chromium'
  | 'etcd'
  | 'openssl'
  | 'curl'
  | 'h2load'
  | 'nghttp'
  | 'testssl';

/** Where the package is not called like the program. Plain `dnsmasq` would bring a running service along. */
const PACKAGES: Partial<Record<Program, string>> = {
  dnsmasq: 'dnsmasq-base',
  etcd: 'etcd-server',
  h2load: 'nghttp2-client',
  nghttp: 'nghttp2-client',
  testssl: 'testssl.sh',
};
const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];
const LOCK = path.join(os.tmpdir(), 'octopus-test-apt.lock');
const INSTALL_LIMIT = 180_000;

export type Found = { readonly path: string } | { readonly missing: string };

/** Where the program is. Installs it with apt when that is possible, else says why the test must be skipped. */
export async function findProgram(name: Program): Promise<Found> {
  const there = which(name);
  if (there) return { path: there };
  if (process.getuid?.() !== 0) return { missing: `${name} is not installed (and cannot be: not root)` };
  if (!which('apt-get')) return { missing: `${name} is not installed (and cannot be: no apt-get)` };
  await install(name);
  const installed = which(name);
  return installed ? { path: installed } : { missing: `apt-get install ${name} failed` };
}

/**
 * A program written in Go, built from its module where there is a Go toolchain; kept for the next run.
 *
 * @param name of the program; `folder/name` where the module gives it a name that others have too
 * @param limit of the build in ms
 */
export async function findGoProgram(
  name: string,
  module: string,
  { limit = INSTALL_LIMIT }: { readonly limit?: number } = {},
): Promise<Found> {
  const there = which(name);
  if (there) return { path: there };
  const go = which('go');
  if (!go) return { missing: `${name} is not installed (and cannot be built: no go)` };
  const folder = path.join(os.tmpdir(), 'octopus-go-bin');
  const file = path.join(folder, name);
  if (existsSync(file)) return { path: file };
  try {
    const env = { ...process.env, GOBIN: path.dirname(file), GOFLAGS: '-mod=mod' };
    execFileSync(go, ['install', module], { env, stdio: 'pipe', timeout: limit });
    return { path: file };
  } catch (error) {
    return { missing: `go install ${module} failed: ${String(error).slice(0, 200)}` };
  }
}

function which(name: string): string | null {
  for (const folder of FOLDERS) {
    const file = path.join(folder, name);
    if (folder !== '' && existsSync(file)) return file;
  }
  return null;
}

/** Test files run at the same time; apt allows one at a time. */
async function install(name: Program): Promise<void> {
  const deadline = Date.now() + INSTALL_LIMIT;
  while (!takeLock()) {
    if (Date.now() > deadline) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (which(name)) return;
  }
  try {
    // RUNLEVEL=1 keeps the package from starting its service.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const apt = (...args: string[]): Buffer =>
      execFileSync('apt-get', ['-qq', ...args], { env, stdio: 'pipe', timeout: INSTALL_LIMIT });
    try {
      apt('install', '-y', '--no-install-recommends', PACKAGES[name] ?? name);
    } catch {
      apt('update');
      apt('install', '-y', '--no-install-recommends', PACKAGES[name] ?? name);
    }
  } catch {
    // The caller looks whether the program is there and says so.
  } finally {
    rmdirSync(LOCK);
  }
}

function takeLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > INSTALL_LIMIT) rmdirSync(LOCK);
    return false;
  }
}

/** A program under test, killed with the test process. */
export class Running {
  readonly child: ChildProcess;
  output = '';
  readonly exited: Promise<number | null>;
  readonly #kill = (): boolean => this.child.kill('SIGTERM');

  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    process.on('exit', this.#kill);
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** nginx needs SIGTERM: its workers outlive a master that is killed. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await this.exited;
    clearTimeout(timer);
    process.off('exit', this.#kill);
  }
}

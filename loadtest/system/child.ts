import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

const running = new Set<ChildProcess>();

/** SIGTERM and not SIGKILL: a killed nginx or HAProxy master would leave its workers behind. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** A server that runs pinned to some cores until it is stopped. */
export class Server {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #log: string;

  constructor(child: ChildProcess, log: string) {
    this.pid = child.pid!;
    this.#child = child;
    this.#log = log;
  }

  get exited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  logTail(): string {
    return readFileSync(this.#log, 'utf8').trim().split('\n').slice(-8).join('\n');
  }

  /** Asks it to end; after three seconds it is killed. */
  async stop(): Promise<void> {
    if (this.exited) return;
    const ended = once(this.#child, 'exit');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    this.#child.kill('SIGTERM');
    await ended;
    clearTimeout(impatience);
  }
}

/** Starts a server on the given cores; what it prints goes to the file `log`. */
export function startServer(what: Command, cores: string, log: string): Server {
  const output = openSync(log, 'w');
  const child = spawn('taskset', ['-c', cores, what.command, ...what.args], {
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  track(child);
  return new Server(child, log);
}

/** Starts a helper on the given cores whose standard output is read here. */
export function startHelper(what: Command, cores: string): ChildProcess {
  const child = spawn('taskset', ['-c', cores, what.command, ...what.args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  track(child);
  return child;
}

/** Runs a command on the given cores to its end and returns what it printed. */
export async function run(what: Command, cores: string): Promise<string> {
  const child = startHelper(what, cores);
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${what.command} ended with ${code ?? signal}:\n${output}`);
  return output;
}

function track(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
}

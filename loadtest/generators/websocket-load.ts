/**
 * Closed-loop load through WebSockets: each tunnel sends one message and the next one as soon as it has come back.
 * Runs as a process of its own (`node websocket-load.js '<JSON of WebSocketJob>'`) and prints a WebSocketReport as JSON.
 */
import net from 'node:net';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { handshake, maskedFrame, plainFrame } from '../websocket-frames.ts';

export interface WebSocketJob {
  readonly port: number;
  readonly path: string;
  /** At most 125 bytes. */
  readonly message: string;
  readonly tunnels: number;
  readonly seconds: number;
}

export interface WebSocketReport {
  /** That have come back. */
  readonly messages: number;
  readonly seconds: number;
  /** Tunnels that did not open or broke, and messages that came back changed or not at all. */
  readonly errors: number;
  /** Milliseconds from a message to its echo. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const OPEN_MS = 5_000;
/** How long the last echoes are waited for. */
const GRACE_MS = 2_000;
const HEAD_END = '\r\n\r\n';

class Tunnel {
  /** The head of the response; null once it is complete. */
  head: string | null = '';
  sentAt = 0;
  /** Bytes of the echo that have come. */
  echoed = 0;
  waiting = false;
}

class Generator {
  readonly #job: WebSocketJob;
  readonly #message: Buffer;
  readonly #echo: Buffer;
  /** One for all sockets: the callback has used the bytes before the next read overwrites them. */
  readonly #buffer = Buffer.allocUnsafe(65_536);
  readonly #latency: RecordableHistogram = createHistogram();
  readonly #open = new Map<Tunnel, net.Socket>();
  #messages = 0;
  #errors = 0;
  #sending = false;

  constructor(job: WebSocketJob) {
    this.#job = job;
    this.#message = maskedFrame(job.message);
    this.#echo = plainFrame(Buffer.from(job.message));
  }

  async run(): Promise<WebSocketReport> {
    for (let index = 0; index < this.#job.tunnels; index++) this.#dial();
    await this.#until(() => this.#open.size + this.#errors >= this.#job.tunnels, OPEN_MS);
    this.#errors += Math.max(0, this.#job.tunnels - this.#open.size - this.#errors);
    const startedAt = performance.now();
    this.#sending = true;
    for (const [tunnel, socket] of this.#open) this.#send(tunnel, socket);
    await this.#until(() => this.#open.size === 0, this.#job.seconds * 1_000);
    this.#sending = false;
    const { messages, seconds } = {
      messages: this.#messages,
      seconds: (performance.now() - startedAt) / 1e3,
    };
    await this.#until(() => this.#quiet(), GRACE_MS);
    for (const tunnel of this.#open.keys()) if (tunnel.waiting) this.#errors++;
    const percentile = (which: number) => this.#latency.percentile(which) / 1e6;
    return {
      messages,
      seconds,
      errors: this.#errors,
      p50: percentile(50),
      p99: percentile(99),
      p999: percentile(99.9),
    };
  }

  #until(done: () => boolean, mostMs: number): Promise<void> {
    const deadline = performance.now() + mostMs;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (!done() && performance.now() < deadline) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
  }

  #quiet(): boolean {
    for (const tunnel of this.#open.keys()) if (tunnel.waiting) return false;
    return true;
  }

  #dial(): void {
    const { port, path } = this.#job;
    const tunnel = new Tunnel();
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: this.#buffer,
        callback: (length: number) => {
          this.#receive(tunnel, socket, length);
          return true;
        },
      },
    });
    socket.on('connect', () => socket.write(handshake(port, path)));
    // A close follows every error and is what counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#open.delete(tunnel);
      this.#errors++;
    });
  }

  #receive(tunnel: Tunnel, socket: net.Socket, length: number): void {
    if (tunnel.head !== null) {
      this.#opening(tunnel, socket, this.#buffer.toString('latin1', 0, length));
      return;
    }
    const end = tunnel.echoed + length;
    const same =
      end <= this.#echo.length && this.#buffer.compare(this.#echo, tunnel.echoed, end, 0, length) === 0;
    if (!same || !tunnel.waiting) {
      socket.destroy();
      return;
    }
    tunnel.echoed = end;
    if (end < this.#echo.length) return;
    tunnel.waiting = false;
    this.#messages++;
    this.#latency.record(Math.max(1, Math.round((performance.now() - tunnel.sentAt) * 1e6)));
    if (this.#sending) this.#send(tunnel, socket);
  }

  #opening(tunnel: Tunnel, socket: net.Socket, text: string): void {
    const head = tunnel.head + text;
    tunnel.head = head;
    if (!head.endsWith(HEAD_END)) return;
    tunnel.head = null;
    if (head.startsWith('HTTP/1.1 101 ')) this.#open.set(tunnel, socket);
    else socket.destroy();
  }

  #send(tunnel: Tunnel, socket: net.Socket): void {
    tunnel.echoed = 0;
    tunnel.waiting = true;
    tunnel.sentAt = performance.now();
    socket.write(this.#message);
  }
}

const job = JSON.parse(process.argv[2]!) as WebSocketJob;
const report = await new Generator(job).run();
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));

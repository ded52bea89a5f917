import type { TLSSocket } from 'node:tls';
import { FAILURE_CONNECT, type UpstreamCall, type UpstreamConnection } from './upstream-call.ts';
import type { Dialer, PoolOptions, UpstreamPool } from './upstream-pool.ts';

/** A pool that knows how many connections it has. */
export interface CountedPool extends UpstreamPool {
  readonly open: number;
}

interface WaitingCall {
  readonly call: UpstreamCall;
  readonly fresh: boolean;
  readonly patience: number;
  readonly now: number;
}

/**
 * Connections to an endpoint that chooses the protocol itself. A handshake that offers both finds out which; then the
 * pool for that protocol serves, whose own handshake resumes the session. It is asked anew when no connection is left, so
 * that an endpoint may change its mind.
 */
export class AlpnPool implements UpstreamPool {
  readonly #host: string;
  readonly #port: number;
  /** Its connector offers both. */
  readonly #dialer: Dialer;
  readonly #h1: CountedPool;
  readonly #h2: CountedPool;
  #chosen: CountedPool | null = null;
  /** The handshake that asks; null while none does. */
  #asking: TLSSocket | null = null;
  /** Whose time is the handshake's. */
  #asker: UpstreamCall | null = null;
  #waiting: WaitingCall[] = [];

  constructor(host: string, port: number, dialer: Dialer, h1: CountedPool, h2: CountedPool) {
    this.#host = host;
    this.#port = port;
    this.#dialer = dialer;
    this.#h1 = h1;
    this.#h2 = h2;
  }

  request(call: UpstreamCall, fresh: boolean, patience: number, now: number): UpstreamConnection | null {
    const chosen = this.#chosen;
    if (chosen !== null && chosen.open > 0) return chosen.request(call, fresh, patience, now);
    this.#waiting.push({ call, fresh, patience, now });
    if (this.#asker === null) this.#ask();
    return null;
  }

  /** Whoever waits does so because nothing is known yet, not because all connections are taken. */
  get connecting(): boolean {
    return this.#asker !== null;
  }

  #ask(): void {
    // The last one to come has the most time left.
    this.#asker = this.#waiting.at(-1)!.call;
    const address = this.#dialer.address(this.#host);
    if (address === '') {
      process.nextTick(() => this.#failed('the host name does not resolve'));
      return;
    }
    const socket = this.#dialer.connector.connect({
      host: address,
      port: this.#port,
      noDelay: true,
    }) as TLSSocket;
    this.#asking = socket;
    let failure = 'closed by the endpoint';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on('secureConnect', () => {
      if (this.#asking !== socket) return;
      this.#serve(socket.alpnProtocol === 'h2' ? this.#h2 : this.#h1);
      socket.destroy();
    });
    socket.on('close', () => {
      if (this.#asking === socket) this.#failed(failure);
    });
  }

  #serve(pool: CountedPool): void {
    this.#endAsking();
    this.#chosen = pool;
    for (const { call, fresh, patience, now } of this.#take()) {
      const connection = pool.request(call, fresh, patience, now);
      if (connection !== null) call.onConnection(connection);
    }
  }

  #failed(detail: string): void {
    this.#endAsking();
    for (const { call } of this.#take()) call.onFailure(FAILURE_CONNECT, detail);
  }

  #endAsking(): void {
    this.#asking = null;
    this.#asker = null;
  }

  #take(): WaitingCall[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  cancel(call: UpstreamCall): void {
    this.#waiting = this.#waiting.filter((one) => one.call !== call);
    this.#chosen?.cancel(call);
    if (call !== this.#asker || this.#asking === null) return;
    // A handshake that nobody answers would hold up all calls for ever.
    const unanswered = this.#asking;
    this.#endAsking();
    unanswered.destroy();
    if (this.#waiting.length > 0) this.#ask();
  }

  setOptions(options: PoolOptions): void {
    this.#h1.setOptions(options);
    this.#h2.setOptions(options);
  }

  sweep(now: number): void {
    this.#h1.sweep(now);
    this.#h2.sweep(now);
  }

  close(): void {
    this.#h1.close();
    this.#h2.close();
  }

  reopen(): void {
    this.#h1.reopen();
    this.#h2.reopen();
  }
}

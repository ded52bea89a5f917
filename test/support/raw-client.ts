import net from 'node:net';
import tls from 'node:tls';
import { readResponse, type WireResponse } from './wire.ts';

/** How long a test waits for something that should come at once; generous because test machines are noisy. */
export const PATIENCE = 30_000;

export type ClosedHow = 'end' | 'reset';

/** Bytes that arrive on a socket, with ways to wait for them. Used by the client and by the origin. */
export class ByteStream {
  readonly socket: net.Socket;
  /** What was received and not taken yet, one character per byte. */
  received = '';
  /** Null while the peer has not closed. */
  closedHow: ClosedHow | null = null;
  #wake: (() => void)[] = [];

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.#notify();
    });
    socket.on('end', () => this.#close('end'));
    // EPIPE means that the peer closed while we wrote; what it sent before was read first.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#close(error.code === 'EPIPE' ? 'end' : 'reset'),
    );
    socket.on('close', () => this.#close('end'));
  }

  /** Drops what was read. */
  take(length: number): void {
    this.received = this.received.slice(length);
  }

  write(bytes: string | Buffer): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** Half-closes: our side sends no more. */
  end(): void {
    this.socket.end();
  }

  /** Closes with RST, unless our side was ended before: node leaks a socket that is reset after its shutdown. */
  reset(): void {
    if (this.socket.writableEnded || this.socket instanceof tls.TLSSocket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Calls `attempt` now and after each event until it gives something else than null. */
  async until<T>(attempt: () => T | null, what: string, patience = PATIENCE): Promise<T> {
    const deadline = performance.now() + patience;
    for (;;) {
      const value = attempt();
      if (value !== null) return value;
      const left = deadline - performance.now();
      const news = left > 0 && (await this.#news(left));
      if (!news) {
        const got = this.received.length > 400 ? `${this.received.slice(0, 400)}…` : this.received;
        const state = this.closedHow ?? 'open';
        throw new Error(
          `waited ${patience} ms for ${what}; connection ${state}, unread: ${JSON.stringify(got)}`,
        );
      }
    }
  }

  /** Resolves with how the peer closed. */
  closed(patience = PATIENCE): Promise<ClosedHow> {
    return this.until(() => this.closedHow, 'the peer to close', patience);
  }

  #news(patience: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = this.#wake.filter((entry) => entry !== wake);
        resolve(false);
      }, patience);
      const wake = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      this.#wake.push(wake);
    });
  }

  #close(how: ClosedHow): void {
    if (this.closedHow === null) {
      this.closedHow = how;
    } else if (how === 'reset') {
      this.closedHow = 'reset';
    }
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#wake;
    if (waiting.length === 0) return;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** A client that sends exactly the bytes it is told to and reads responses strictly. */
export class RawClient extends ByteStream {
  constructor(socket: net.Socket) {
    super(socket);
    socket.on('end', () => socket.end());
  }

  /** @param options `tls`: over TLS, without a look at the certificate unless the options say so */
  static connect(
    port: number,
    options: { localAddress?: string; host?: string; tls?: tls.ConnectionOptions } = {},
  ): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const { host = '127.0.0.1', localAddress } = options;
      const target = { port, host, allowHalfOpen: true, ...(localAddress ? { localAddress } : {}) };
      const socket = options.tls
        ? tls.connect({ ...target, rejectUnauthorized: false, ...options.tls })
        : net.connect(target);
      socket.once('error', reject);
      socket.once(options.tls ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** The next response, interim ones included. One cut short comes back with `complete` false. */
  async response(method = 'GET', patience = PATIENCE): Promise<WireResponse> {
    const response = await this.until(() => this.#tryResponse(method), 'a response', patience);
    if (response === 'closed')
      throw new Error(`connection closed (${this.closedHow}) before a response head`);
    return response;
  }

  /** The next final response, and the interim ones before it. */
  async final(method = 'GET', patience = PATIENCE): Promise<WireResponse & { interim: WireResponse[] }> {
    const interim: WireResponse[] = [];
    for (;;) {
      const response = await this.response(method, patience);
      if (response.status >= 200 || response.status === 101) return { ...response, interim };
      interim.push(response);
    }
  }

  /** Sends a request and gives its final response. */
  async request(bytes: string, patience = PATIENCE): Promise<WireResponse & { interim: WireResponse[] }> {
    this.write(bytes);
    return this.final(bytes.slice(0, bytes.indexOf(' ')), patience);
  }

  #tryResponse(method: string): WireResponse | 'closed' | null {
    const closed = this.closedHow !== null;
    const response = readResponse(this.received, 0, method, closed);
    if (response) {
      this.take(response.end);
      // A reset in the middle of a body that only a close ends is a truncation, not an end.
      if (response.framing === 'close' && this.closedHow === 'reset') return { ...response, complete: false };
      return response;
    }
    return closed ? 'closed' : null;
  }
}

/** Opens a connection, sends the bytes, gives the final response, closes. */
export async function once(port: number, bytes: string): Promise<WireResponse & { interim: WireResponse[] }> {
  const client = await RawClient.connect(port);
  try {
    return await client.request(bytes);
  } finally {
    client.destroy();
  }
}

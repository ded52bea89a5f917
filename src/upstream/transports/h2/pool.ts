import type { UpstreamCall } from '../upstream-call.ts';
import type { Dialer, PoolObserver, PoolOptions, UpstreamPool } from '../upstream-pool.ts';
import { H2Session, MOST_STREAMS, type SessionOwner } from './session.ts';
import type { H2Stream } from './stream.ts';

/** HTTP/2 connections of one worker to one endpoint. Calls gather on few: another one is opened when those are full. */
export class H2Pool implements UpstreamPool, SessionOwner {
  readonly #host: string;
  readonly #port: number;
  readonly #dialer: Dialer;
  readonly #observer: PoolObserver;
  /** Those that take calls. */
  readonly #sessions: H2Session[] = [];
  readonly #waiting: UpstreamCall[] = [];
  #options: PoolOptions;
  #open = 0;
  /** What the endpoint said last; never 0, or a new connection could not even learn better. */
  #streams = MOST_STREAMS;
  #closing = false;

  constructor(host: string, port: number, dialer: Dialer, options: PoolOptions, observer: PoolObserver) {
    this.#host = host;
    this.#port = port;
    this.#dialer = dialer;
    this.#options = options;
    this.#observer = observer;
  }

  get open(): number {
    return this.#open;
  }

  request(call: UpstreamCall, fresh: boolean): H2Stream | null {
    if (!fresh) {
      const session = this.#sessions.find((one) => one.accepts);
      if (session !== undefined) return session.attach(call);
    }
    if (this.#open >= this.#options.max) {
      this.#waiting.push(call);
      return null;
    }
    return this.#dial().attach(call);
  }

  #dial(): H2Session {
    this.#open++;
    this.#observer.connectionOpened();
    const address = this.#dialer.address(this.#host);
    const session = new H2Session(this, address, this.#port, this.#dialer.connector, this.#streams);
    this.#sessions.push(session);
    return session;
  }

  cancel(call: UpstreamCall): void {
    const index = this.#waiting.indexOf(call);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  available(session: H2Session): void {
    while (session.accepts) {
      const call = this.#waiting.shift();
      if (call === undefined) break;
      call.onConnection(session.attach(call));
    }
    if (this.#closing && session.active === 0) session.retire();
  }

  remove(session: H2Session): void {
    const index = this.#sessions.indexOf(session);
    if (index >= 0) this.#sessions.splice(index, 1);
  }

  limited(streams: number): void {
    this.#streams = Math.max(1, streams);
  }

  closed(): void {
    this.#open--;
    this.#observer.connectionClosed();
    while (this.#waiting.length > 0 && this.#open < this.#options.max) {
      const call = this.#waiting.shift()!;
      call.onConnection(this.#dial().attach(call));
    }
  }

  setOptions(options: PoolOptions): void {
    this.#options = options;
  }

  sweep(now: number): void {
    for (const session of [...this.#sessions]) {
      const idles = session.active === 0 && now - session.idleSince >= this.#options.idleTimeout;
      if (idles || !this.#dialer.isCurrent(this.#host, session.address)) session.retire();
    }
  }

  close(): void {
    this.#closing = true;
    for (const session of [...this.#sessions]) session.retire();
  }

  reopen(): void {
    this.#closing = false;
  }
}

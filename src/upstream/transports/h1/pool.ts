import type { UpstreamCall } from '../upstream-call.ts';
import type { Dialer, PoolObserver, PoolOptions, UpstreamPool } from '../upstream-pool.ts';
import { type ConnectionOwner, H1Connection } from './connection.ts';
import { idlesTooLong } from './idle-limit.ts';

/** Kept-alive connections of one worker to one endpoint. The last one used is reused first, so that the others can expire. */
export class H1Pool implements UpstreamPool, ConnectionOwner {
  readonly #host: string;
  readonly #port: number;
  readonly #dialer: Dialer;
  #options: PoolOptions;
  readonly #idle: H1Connection[] = [];
  readonly #waiting: UpstreamCall[] = [];
  readonly #observer: PoolObserver;
  #open = 0;
  #closing = false;

  constructor(host: string, port: number, dialer: Dialer, options: PoolOptions, observer: PoolObserver) {
    this.#observer = observer;
    this.#host = host;
    this.#port = port;
    this.#dialer = dialer;
    this.#options = options;
  }

  get open(): number {
    return this.#open;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  setOptions(options: PoolOptions): void {
    this.#options = options;
    while (this.#open < options.max && this.#waiting.length > 0) this.#serveNext();
  }

  /**
   * @param fresh true: not one that has idled (a retry after a stale one)
   * @returns a connection that is now the call's, or null: the call waits and gets `onConnection` later
   */
  request(call: UpstreamCall, fresh: boolean): H1Connection | null {
    if (!fresh) {
      const idle = this.#popIdle();
      if (idle !== undefined) {
        idle.attach(call);
        return idle;
      }
    }
    if (this.#open >= this.#options.max) {
      const idle = this.#idle.shift();
      if (idle === undefined) {
        this.#waiting.push(call);
        return null;
      }
      idle.close();
    }
    return this.#dial(call);
  }

  /** A request that must not be sent twice would be lost with a connection that has been closed in this very turn (C14). */
  #popIdle(): H1Connection | undefined {
    let idle = this.#idle.pop();
    while (idle?.ended) {
      idle.close();
      idle = this.#idle.pop();
    }
    return idle;
  }

  #dial(call: UpstreamCall): H1Connection {
    this.#open++;
    this.#observer.connectionOpened();
    const connection = new H1Connection(
      this,
      this.#dialer.address(this.#host),
      this.#port,
      this.#dialer.connector,
    );
    connection.attach(call);
    return connection;
  }

  #serveNext(): void {
    const call = this.#waiting.shift();
    if (call !== undefined) call.onConnection(this.#dial(call));
  }

  /** Takes a call out of the queue. */
  cancel(call: UpstreamCall): void {
    const index = this.#waiting.indexOf(call);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** From a connection whose exchange is complete. */
  release(connection: H1Connection): void {
    const call = this.#waiting.shift();
    if (call !== undefined) {
      connection.attach(call);
      call.onConnection(connection);
    } else if (this.#closing) {
      connection.close();
    } else {
      this.#idle.push(connection);
    }
  }

  /** From a connection that closed. */
  remove(connection: H1Connection): void {
    this.#open--;
    this.#observer.connectionClosed();
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#open < this.#options.max) this.#serveNext();
  }

  /** From a connection that became a tunnel: those may stay for days and must not take the place of requests. */
  detach(): void {
    this.#open--;
    if (this.#open < this.#options.max) this.#serveNext();
  }

  detachedClosed(): void {
    this.#observer.connectionClosed();
  }

  /** Closes connections that idled too long or whose address is no longer the endpoint's. */
  sweep(now: number): void {
    const idle = this.#idle;
    for (let i = idle.length - 1; i >= 0; i--) {
      const connection = idle[i]!;
      if (
        idlesTooLong(connection, this.#options.idleTimeout, now) ||
        !this.#dialer.isCurrent(this.#host, connection.address)
      ) {
        connection.close();
      }
    }
  }

  /** Closes idle connections now and busy ones when their exchange ends. */
  close(): void {
    this.#closing = true;
    for (const connection of this.#idle.slice()) connection.close();
  }

  /** Undoes `close` when a reload brings the endpoint back. */
  reopen(): void {
    this.#closing = false;
  }
}

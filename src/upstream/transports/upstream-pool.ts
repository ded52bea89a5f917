import type { Connector } from './connector.ts';
import type { UpstreamCall, UpstreamConnection } from './upstream-call.ts';

export interface PoolOptions {
  /** Connections this worker may open to the endpoint. */
  readonly max: number;
  /** Milliseconds. */
  readonly idleTimeout: number;
  /** Requests that may be under way on one connection; 1 is no pipelining. */
  readonly pipelining: number;
}

/** Where the pool's connections go; asked for every new connection, so that DNS changes take effect. */
export interface Dialer {
  /** IP address to dial, or `''` when the name does not resolve. */
  address(host: string): string;
  isCurrent(host: string, address: string): boolean;
  readonly connector: Connector;
}

/** Told of every connection, for metrics. */
export interface PoolObserver {
  connectionOpened(): void;
  connectionClosed(): void;
  /** Pipelining to the endpoint stops for a while. */
  pipeliningFellBack(): void;
}

/** Connections of one worker to one endpoint. */
export interface UpstreamPool {
  /** True: calls wait for the endpoint, not for others to be over. Left out where they never do. */
  readonly connecting?: boolean;
  /**
   * @param fresh true: a new connection, for this call alone (a retry after a stale one)
   * @param patience not 0: the request is safe and has no body, so that it can share a connection; milliseconds that its
   * response may take at most
   * @param now `performance.now()`
   * @returns a connection that is now the call's, or null: the call waits and gets `onConnection` later
   */
  request(call: UpstreamCall, fresh: boolean, patience: number, now: number): UpstreamConnection | null;
  /** Takes a call out of the queue. */
  cancel(call: UpstreamCall): void;
  setOptions(options: PoolOptions): void;
  /** Closes connections that idled too long or whose address is no longer the endpoint's. `now`: coarse clock. */
  sweep(now: number): void;
  /** Closes idle connections now and busy ones when their exchange ends. */
  close(): void;
  /** Undoes `close` when a reload brings the endpoint back. */
  reopen(): void;
}

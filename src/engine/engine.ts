import type { ErrorCode } from '../http/errors.ts';
import type { Http2Settings } from '../shared/http2-settings.ts';
import type { IpSet } from '../shared/ip.ts';
import type { PathPolicy, WorkerLimits } from '../shared/messages.ts';
import type { Exchange } from './exchange.ts';
import type { Peer } from './peer.ts';
import type { TlsContexts } from './tls/contexts.ts';
import type { HandshakeResult } from './tls/handshake-result.ts';

/** Accepts client connections and turns what arrives into exchanges. */
export interface Engine {
  /** Port of the listener, for port 0. Rejects when the socket cannot be had. */
  listen(): Promise<number>;
  /** No new connections; `drain` follows when no worker listens any more. */
  stopListening(): void;
  /**
   * Stops accepting; connections close after their current exchange (rule C19), and the exchange is told to end if it
   * would go on for long.
   *
   * @param until when `destroy` follows, in milliseconds of `performance.now()`
   */
  drain(until: number): void;
  /** Cuts what is left. */
  destroy(): void;
  /** The thread is about to end, for whatever reason: does what must be done for the other threads to live on. */
  abandon?(): void;
  /** Further client connections than this are closed at once. */
  setMaxConnections(maxConnections: number): void;
  /**
   * Of engines that make something of TLS settings before they come into force; others read those of the host for each
   * handshake. What was prepared before and not applied is forgotten.
   *
   * @param contexts null when TLS was switched off
   * @throws Error when the engine cannot serve them; nothing has changed then
   */
  prepareTls?(contexts: TlsContexts | null): void;
  /** What was prepared is in force. */
  applyTls?(): void;
  /** Open client connections, as far as the engine can see them. */
  readonly connections: number;
}

/** What an engine needs from its worker. */
export interface EngineHost {
  /** Replaced on reload; read for every request. */
  readonly settings: EngineSettings;
  /** Keys of session tickets, the same in all workers; another object when they were rotated. */
  readonly ticketKeys: Uint8Array;
  onExchange(exchange: Exchange): void;
  /** A request that never became an exchange: the engine has answered it itself. */
  onRejected(code: ErrorCode, requestId: string, peer: Peer): void;
  newRequestId(): string;
  /** Another client connection opened (1) or closed (-1). */
  onConnection(change: 1 | -1): void;
  /** A TLS handshake with a client ended. */
  onHandshake(result: HandshakeResult): void;
  /** The response is complete or cut: account for it. Called once for every `onExchange`. */
  onExchangeEnd(exchange: Exchange): void;
}

export interface EngineSettings {
  readonly limits: WorkerLimits;
  readonly pathPolicy: PathPolicy;
  readonly trustedProxies: IpSet;
  /** Null when TLS is off. */
  readonly tls: TlsContexts | null;
  readonly http2: Http2Settings;
}

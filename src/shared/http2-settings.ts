/** HTTP/2 towards clients. Sizes in bytes, times in milliseconds. */
export interface Http2Settings {
  readonly enabled: boolean;
  /** Open streams of one connection. */
  readonly maxConcurrentStreams: number;
  /** Request body bytes that a client may send on a stream before the gateway reads on. */
  readonly streamWindow: number;
  /** A connection with open streams whose client does not answer a PING for this long is dead. */
  readonly pingInterval: number;
}

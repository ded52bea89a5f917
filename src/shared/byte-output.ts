/** The writing half of a connection, plain or encrypted: text goes out latin1, order is kept. */
export interface ByteOutput {
  /** The last write returned false and the peer has not caught up yet. */
  readonly blocked: boolean;
  /** Bytes written that the peer's kernel or ours has not taken. */
  readonly queued: number;
  /** A piece of a body of at most so many bytes goes out more cheaply as text, joined with what belongs before and behind it. */
  readonly joinLimit: number;
  /**
   * @param text latin1
   * @returns false when the peer is slow: `onDrain` follows
   */
  writeText(text: string): boolean;
  /**
   * Writes `before`, `input[start, end)` and `after` as one; the bytes are copied if they cannot go at once.
   *
   * @returns false when the peer is slow
   */
  writeChunk(before: string, input: Uint8Array, start: number, end: number, after: string): boolean;
  /** Sends at once what may wait for the end of the turn: before the connection is cut. */
  flush(): void;
  /** No more will be written: half-closes behind what is queued. */
  end(): void;
}

/** @param onDrain the peer reads again after a write returned false */
export type OutputFactory<S> = (socket: S, onDrain: () => void) => ByteOutput;

/** One end of a tunnel: a connection whose bytes mean nothing to the gateway any more. It has one reader. */
export interface ByteStream {
  /** Delivers to `reader` from now on, beginning with what has arrived already. */
  start(reader: ByteReader): void;
  /**
   * Sends `input[start, end)`, copied if it cannot go at once.
   *
   * @returns false when the peer is slow: wait for `onDrain` before sending more
   */
  write(input: Buffer, start: number, end: number): boolean;
  pause(): void;
  resume(): void;
  /** Half-closes behind what was written: the peer sees the end and can still send. Nothing is written after it. */
  end(): void;
  /** Closes both ways at once; what was not sent is lost. */
  abort(): void;
}

/** What a byte stream tells its reader. */
export interface ByteReader {
  /** `input[start, end)` is valid until this returns. */
  onBytes(input: Buffer, start: number, end: number): void;
  /** The peer sends no more. It may still read. */
  onEnd(): void;
  /** The peer reads again after `write` returned false. */
  onDrain(): void;
  /** The connection is gone. Called once, last. */
  onGone(): void;
}

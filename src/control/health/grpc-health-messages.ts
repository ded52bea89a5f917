/** The two messages of `grpc.health.v1`. One field each: not worth a library for Protocol Buffers. */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** Field 1 as a length-delimited value. */
const SERVICE_TAG = (1 << 3) | LENGTH_DELIMITED;
const STATUS_TAG = (1 << 3) | VARINT;

/** `HealthCheckRequest { string service = 1; }`. A default value is not written. */
export function encodeRequest(service: string): Buffer {
  if (service === '') return Buffer.alloc(0);
  const name = Buffer.from(service);
  return Buffer.concat([Buffer.from([SERVICE_TAG, ...varint(name.length)]), name]);
}

/**
 * `HealthCheckResponse { ServingStatus status = 1; }`. Fields that are not known are skipped, of several the last counts.
 *
 * @returns the number of the status, 0 when it is not written; null for bytes that are no such message
 */
export function decodeStatus(message: Buffer): number | null {
  const reader = new Reader(message);
  let status = 0;
  while (reader.left > 0) {
    const tag = reader.varint();
    if (tag === STATUS_TAG) status = reader.varint();
    else reader.skip(tag & 7);
  }
  return reader.broken ? null : status;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

class Reader {
  /** It does not hold what it should. */
  broken = false;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.broken ? 0 : this.#bytes.length - this.#at;
  }

  /** The lower 32 bits: more than tags, lengths and statuses need. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    this.broken = true;
    return 0;
  }

  skip(wireType: number): void {
    // Read first: an addition would use the position from before.
    const length = wireType === VARINT || wireType === LENGTH_DELIMITED ? this.varint() : 0;
    if (wireType === FIXED_64) this.#at += 8;
    else if (wireType === LENGTH_DELIMITED) this.#at += length;
    else if (wireType === FIXED_32) this.#at += 4;
    else if (wireType !== VARINT) this.broken = true;
    if (this.#at > this.#bytes.length) this.broken = true;
  }
}

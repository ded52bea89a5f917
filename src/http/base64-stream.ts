/** Base64 (RFC 4648 section 4) of a body that comes in pieces. */

const PADDING = 0x3d;
const ILLEGAL = 255;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const EMPTY = Buffer.alloc(0);

const SEXTETS: Uint8Array = (() => {
  const table = new Uint8Array(256).fill(ILLEGAL);
  for (let i = 0; i < ALPHABET.length; i++) table[ALPHABET.charCodeAt(i)] = i;
  return table;
})();

/** Pieces may end anywhere, also in the middle of three bytes. */
export class Base64Encoder {
  /** Up to two bytes that are no whole group yet. */
  #rest: Buffer = EMPTY;

  /**
   * @param pad the receiver needs all of it now: the last group is padded, and the next piece begins a new one
   */
  encode(input: Buffer, start: number, end: number, pad: boolean): Buffer {
    let bytes = input;
    let from = start;
    let to = end;
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, input.subarray(start, end)]);
      from = 0;
      to = bytes.length;
    }
    const whole = pad ? to : to - ((to - from) % 3);
    this.#rest = whole === to ? EMPTY : Buffer.from(bytes.subarray(whole, to));
    return Buffer.from(bytes.toString('base64', from, whole), 'latin1');
  }
}

/** Pieces may end anywhere. Every group of four may be padded, not only the last one. */
export class Base64Decoder {
  /** Sextets of the group that is not complete, and how many. */
  #bits = 0;
  #sextets = 0;
  #padding = 0;

  /** @returns null when it is no base64 */
  decode(input: Uint8Array): Buffer | null {
    const output = Buffer.allocUnsafe(Math.ceil(((input.length + 3) * 3) / 4));
    let bits = this.#bits;
    let sextets = this.#sextets;
    let padding = this.#padding;
    let length = 0;
    for (let at = 0; at < input.length; at++) {
      const code = input[at]!;
      if (code === PADDING) {
        if (sextets < 2) return null;
        padding++;
      } else {
        const sextet = SEXTETS[code]!;
        if (sextet === ILLEGAL || padding > 0) return null;
        bits = (bits << 6) | sextet;
        sextets++;
      }
      if (sextets + padding < 4) continue;
      bits <<= 6 * padding;
      output[length++] = (bits >> 16) & 0xff;
      if (sextets > 2) output[length++] = (bits >> 8) & 0xff;
      if (sextets > 3) output[length++] = bits & 0xff;
      bits = 0;
      sextets = 0;
      padding = 0;
    }
    this.#bits = bits;
    this.#sextets = sextets;
    this.#padding = padding;
    return output.subarray(0, length);
  }

  /** False when the text ended in the middle of a group. */
  get complete(): boolean {
    return this.#sextets === 0;
  }
}

import {
  HASH_PRIME,
  HASH_SEED,
  HEADER_ANY_HOST,
  HEADER_HOST_MASK,
  HEADER_HOSTS,
  HEADER_WILDCARD_HOSTS,
  HOST_HASH,
  HOST_KEY,
  HOST_LENGTH,
  HOST_ROOT,
  HOST_WORDS,
  MAX_HOST_LENGTH,
} from './snapshot-layout.ts';

const DOT = 46;

/**
 * Gives the tries to search for a host, the most specific first: the host itself, `*.` patterns from the longest to
 * the shortest, routes for any host. Made for one search at a time.
 */
export class HostIndex {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #slots: number;
  readonly #mask: number;
  readonly #anyRoot: number;
  readonly #hasWildcards: boolean;
  #host = '';
  /** Where the suffixes of the host begin, from the shortest to the longest, and their hashes. */
  readonly #suffixAt: Int32Array;
  readonly #suffixHash: Int32Array;
  #suffixes = 0;
  #anyDone = false;

  constructor(words: Int32Array, bytes: Uint8Array) {
    this.#words = words;
    this.#bytes = bytes;
    this.#slots = words[HEADER_HOSTS]!;
    this.#mask = words[HEADER_HOST_MASK]!;
    this.#anyRoot = words[HEADER_ANY_HOST]!;
    this.#hasWildcards = words[HEADER_WILDCARD_HOSTS] === 1;
    const suffixes = this.#hasWildcards ? MAX_HOST_LENGTH : 0;
    this.#suffixAt = new Int32Array(suffixes);
    this.#suffixHash = new Int32Array(suffixes);
  }

  /** @returns the first root, or 0 */
  first(host: string): number {
    this.#anyDone = false;
    this.#suffixes = 0;
    if (this.#mask < 0 || host.length > MAX_HOST_LENGTH) return this.next();
    this.#host = host;
    let hash = HASH_SEED;
    for (let i = host.length - 1; i >= 0; i--) {
      const code = host.charCodeAt(i);
      hash = Math.imul(hash ^ code, HASH_PRIME);
      // `*` stands for at least one character.
      if (code === DOT && this.#hasWildcards && i > 0) {
        this.#suffixAt[this.#suffixes] = i;
        this.#suffixHash[this.#suffixes++] = hash;
      }
    }
    // A leading dot is how the keys of `*.` patterns begin.
    const root = host.charCodeAt(0) === DOT ? 0 : this.#lookUp(0, hash);
    return root !== 0 ? root : this.next();
  }

  /** @returns the next, less specific root, or 0 */
  next(): number {
    while (this.#suffixes > 0) {
      const i = --this.#suffixes;
      const root = this.#lookUp(this.#suffixAt[i]!, this.#suffixHash[i]!);
      if (root !== 0) return root;
    }
    if (this.#anyDone) return 0;
    this.#anyDone = true;
    return this.#anyRoot;
  }

  #lookUp(from: number, hash: number): number {
    const words = this.#words;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = this.#slots + slot * HOST_WORDS;
      const root = words[at + HOST_ROOT]!;
      if (root === 0 || (words[at + HOST_HASH] === hash && this.#isKey(at, from))) return root;
    }
  }

  #isKey(slot: number, from: number): boolean {
    const host = this.#host;
    const length = host.length - from;
    if (this.#words[slot + HOST_LENGTH] !== length) return false;
    const key = this.#words[slot + HOST_KEY]!;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[key + i] !== host.charCodeAt(from + i)) return false;
    }
    return true;
  }
}

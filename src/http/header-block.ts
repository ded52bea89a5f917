import { equalsLower, FIELD_VALUE, isFieldValue, isToken, TOKEN } from './characters.ts';
import { classifyField, KIND_CONTENT_LENGTH, KIND_REMOVED, KIND_UNDERSCORE } from './field-kind.ts';
import { DROP_ADDED } from './forwarding.ts';
import { flat } from './latin1.ts';

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

const INTS_PER_FIELD = 4;
const NAME_END = 1;
const VALUE_START = 2;
const VALUE_END = 3;

const NO_KINDS = new Uint8Array(0);

export const SCAN_OK = 0;
export const SCAN_MALFORMED = 1;
export const SCAN_TOO_MANY = 2;

/**
 * The header fields of one message: one latin1 string and the offsets of its fields. Nothing is split, copied or
 * lower-cased until somebody asks; edits are recorded and applied once, when the block is written.
 *
 * Instances are reused from message to message: `scan` replaces everything.
 */
export class HeaderBlock {
  raw = '';
  count = 0;
  /** Kind of each field, see `field-kind.ts`. */
  kinds: Uint8Array = new Uint8Array(32);
  /** Bit k is set when a field of kind k was scanned: most questions about a kind end here. */
  seen = 0;
  /** Where the field lines end, behind the CRLF of the last one. */
  end = 0;
  /** The block no longer says what was scanned, or what it said at the last `checkpoint`. */
  edited = false;
  /** Name start, name end, value start, value end of each field. A line reaches to the next field's start. */
  #offsets: Int32Array = new Int32Array(32 * INTS_PER_FIELD);
  /** Added fields: name, value, name, value, … */
  #added: string[] | null = null;
  /** Kinds at the checkpoint, kept when the first field is taken out after it. */
  #kindsBefore: Uint8Array = NO_KINDS;
  #hasKindsBefore = false;
  /** What `lines` gave the last time for the fields as they were scanned, and for which table. */
  #lines = '';
  #linesDrop: Uint8Array | null = null;
  #linesFlat = false;

  /**
   * Reads field lines from `raw[start]` to the empty line that ends the section. Strict by rules A7 and A8: CRLF only,
   * no folding, no space before the colon, no controls.
   *
   * @returns SCAN_OK, SCAN_MALFORMED or SCAN_TOO_MANY
   */
  scan(raw: string, start: number, maxCount: number): number {
    this.raw = raw;
    this.#added = null;
    this.edited = false;
    this.#hasKindsBefore = false;
    this.#linesDrop = null;
    let count = 0;
    let kindsSeen = 0;
    let at = start;
    for (;;) {
      let code = raw.charCodeAt(at);
      if (code === CR) {
        if (raw.charCodeAt(at + 1) !== LF) return SCAN_MALFORMED;
        this.count = count;
        this.seen = kindsSeen;
        this.end = at;
        return SCAN_OK;
      }
      if (count === maxCount) return SCAN_TOO_MANY;

      const nameStart = at;
      let seen = 0;
      let kind = TOKEN[code]!;
      while (kind !== 0 && kind !== undefined) {
        seen |= kind;
        code = raw.charCodeAt(++at);
        kind = TOKEN[code]!;
      }
      if (code !== COLON || at === nameStart) return SCAN_MALFORMED;
      const nameEnd = at;

      code = raw.charCodeAt(++at);
      while (code === SPACE || code === TAB) code = raw.charCodeAt(++at);
      const valueStart = at;
      while (FIELD_VALUE[code] === 1) code = raw.charCodeAt(++at);
      if (code !== CR || raw.charCodeAt(at + 1) !== LF) return SCAN_MALFORMED;
      let valueEnd = at;
      while (valueEnd > valueStart) {
        const last = raw.charCodeAt(valueEnd - 1);
        if (last !== SPACE && last !== TAB) break;
        valueEnd--;
      }
      at += 2;

      if (count === this.kinds.length) this.#grow();
      const base = count * INTS_PER_FIELD;
      const offsets = this.#offsets;
      offsets[base] = nameStart;
      offsets[base + NAME_END] = nameEnd;
      offsets[base + VALUE_START] = valueStart;
      offsets[base + VALUE_END] = valueEnd;
      const fieldKind = (seen & 2) !== 0 ? KIND_UNDERSCORE : classifyField(raw, nameStart, nameEnd);
      this.kinds[count] = fieldKind;
      kindsSeen |= 1 << fieldKind;
      count++;
    }
  }

  /** Takes over field lines that the gateway wrote itself; `lines` ends with CRLF or is empty. */
  load(lines: string): this {
    if (this.scan(`${lines}\r\n`, 0, 10_000) !== SCAN_OK) throw new TypeError('illegal header field');
    return this;
  }

  /** What `rewind` comes back to; nothing may have been added by then. */
  checkpoint(): void {
    this.#linesDrop = null;
    this.edited = false;
    this.#hasKindsBefore = false;
  }

  /** Undoes all edits since the checkpoint. */
  rewind(): void {
    this.edited = false;
    this.#added = null;
    if (!this.#hasKindsBefore) return;
    for (let i = 0; i < this.count; i++) this.kinds[i] = this.#kindsBefore[i]!;
  }

  #grow(): void {
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
    const offsets = new Int32Array(this.#offsets.length * 2);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
  }

  nameAt(index: number): string {
    const base = index * INTS_PER_FIELD;
    return this.raw.slice(this.#offsets[base], this.#offsets[base + NAME_END]);
  }

  valueAt(index: number): string {
    const base = index * INTS_PER_FIELD;
    return this.raw.slice(this.#offsets[base + VALUE_START], this.#offsets[base + VALUE_END]);
  }

  valueLengthAt(index: number): number {
    const base = index * INTS_PER_FIELD;
    return this.#offsets[base + VALUE_END]! - this.#offsets[base + VALUE_START]!;
  }

  /** Index of the first field of a well-known kind, or -1. */
  indexOfKind(kind: number): number {
    if ((this.seen & (1 << kind)) === 0) return -1;
    for (let i = 0; i < this.count; i++) if (this.kinds[i] === kind) return i;
    return -1;
  }

  /** Value of the first field of a well-known kind; `''` when there is none. */
  valueOfKind(kind: number): string {
    const index = this.indexOfKind(kind);
    return index < 0 ? '' : this.valueAt(index);
  }

  /** All values of a kind joined as one list (RFC 9110 section 5.3). */
  listOfKind(kind: number): string {
    let list = '';
    for (let i = 0; i < this.count; i++) {
      if (this.kinds[i] === kind) list = list === '' ? this.valueAt(i) : `${list}, ${this.valueAt(i)}`;
    }
    return list;
  }

  remove(index: number): void {
    if (!this.#hasKindsBefore) this.#keepKinds();
    this.kinds[index] = KIND_REMOVED;
    this.edited = true;
  }

  #keepKinds(): void {
    if (this.#kindsBefore.length < this.count) this.#kindsBefore = new Uint8Array(this.kinds.length);
    for (let i = 0; i < this.count; i++) this.#kindsBefore[i] = this.kinds[i]!;
    this.#hasKindsBefore = true;
  }

  /** Takes out the fields whose kind the table drops, so that readers no longer see them. */
  removeKinds(drop: Uint8Array): void {
    if (!this.#mayDrop(drop)) return;
    for (let i = 0; i < this.count; i++) if (drop[this.kinds[i]!] === 1) this.remove(i);
  }

  /** False when no field is of a kind that the table drops. */
  #mayDrop(drop: Uint8Array): boolean {
    for (let rest = this.seen; rest !== 0; rest &= rest - 1) {
      if (drop[31 - Math.clz32(rest & -rest)] === 1) return true;
    }
    return false;
  }

  /** The field lines that pass the drop table plus the added ones; slices of the raw text, each line with its CRLF. */
  lines(drop: Uint8Array): string {
    if (this.edited) return this.#join(drop);
    if (this.#linesDrop !== drop) {
      this.#lines = this.#join(drop);
      this.#linesDrop = drop;
      this.#linesFlat = false;
    } else if (!this.#linesFlat) {
      // The second message of a connection that begins alike, so there will be more of them: 0.5 µs each.
      this.#lines = flat(this.#lines);
      this.#linesFlat = true;
    }
    return this.#lines;
  }

  #join(drop: Uint8Array): string {
    const { kinds, count, raw } = this;
    const offsets = this.#offsets;
    let text = '';
    let run = -1;
    for (let i = 0; i < count; i++) {
      if (drop[kinds[i]!] === 0) {
        if (run < 0) run = offsets[i * INTS_PER_FIELD]!;
      } else if (run >= 0) {
        text += raw.slice(run, offsets[i * INTS_PER_FIELD]);
        run = -1;
      }
    }
    if (run >= 0) text += raw.slice(run, this.end);
    const added = this.#added;
    if (added !== null) {
      for (let i = 0; i < added.length; i += 2) {
        if (passes(added[i]!, drop)) text += `${added[i]}: ${added[i + 1]}\r\n`;
      }
    }
    return text;
  }

  #matches(index: number, lowerName: string): boolean {
    if (this.kinds[index] === KIND_REMOVED) return false;
    const base = index * INTS_PER_FIELD;
    const start = this.#offsets[base]!;
    return (
      this.#offsets[base + NAME_END]! - start === lowerName.length && equalsLower(this.raw, start, lowerName)
    );
  }

  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    for (let i = 0; i < this.count; i++) if (this.#matches(i, lower)) return this.valueAt(i);
    const added = this.#added;
    if (added !== null) {
      for (let i = 0; i < added.length; i += 2) if (added[i]!.toLowerCase() === lower) return added[i + 1];
    }
    return undefined;
  }

  getAll(name: string): string[] {
    const lower = name.toLowerCase();
    const values: string[] = [];
    for (const [field, value] of this.entries()) if (field.toLowerCase() === lower) values.push(value);
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: string): void {
    assertField(name, value);
    this.delete(name);
    this.#push(name, value);
  }

  append(name: string, value: string): void {
    assertField(name, value);
    this.#push(name, value);
  }

  #push(name: string, value: string): void {
    this.edited = true;
    if (this.#added === null) this.#added = [name, value];
    else this.#added.push(name, value);
  }

  delete(name: string): void {
    const lower = name.toLowerCase();
    for (let i = 0; i < this.count; i++) if (this.#matches(i, lower)) this.remove(i);
    const added = this.#added;
    if (added === null) return;
    for (let i = added.length - 2; i >= 0; i -= 2) if (added[i]!.toLowerCase() === lower) added.splice(i, 2);
  }

  /** Removes every field whose name begins with a lower-case prefix (rule B7). */
  deletePrefix(lowerPrefix: string): void {
    for (let i = 0; i < this.count; i++) {
      const base = i * INTS_PER_FIELD;
      const start = this.#offsets[base]!;
      const length = this.#offsets[base + NAME_END]! - start;
      if (length >= lowerPrefix.length && equalsLower(this.raw, start, lowerPrefix)) this.remove(i);
    }
  }

  *entries(): Iterable<readonly [name: string, value: string]> {
    for (let i = 0; i < this.count; i++) {
      if (this.kinds[i] !== KIND_REMOVED) yield [this.nameAt(i), this.valueAt(i)];
    }
    const added = this.#added;
    if (added === null) return;
    for (let i = 0; i < added.length; i += 2) yield [added[i]!, added[i + 1]!];
  }
}

/** Whether an added field may be written: a second Host or Content-Length would be read differently by every server. */
function passes(name: string, drop: Uint8Array): boolean {
  const kind = classifyField(name, 0, name.length);
  return DROP_ADDED[kind] === 0 && (kind !== KIND_CONTENT_LENGTH || drop[kind] === 0);
}

/**
 * Rule B11: what plugins and configuration add is checked again before it reaches the wire.
 *
 * @throws TypeError
 */
export function assertField(name: string, value: string): void {
  if (!isToken(name)) throw new TypeError(`illegal header name ${JSON.stringify(name)}`);
  if (!isFieldValue(value)) throw new TypeError(`illegal value for header ${name}`);
}

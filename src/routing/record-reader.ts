import { Unpackr } from 'msgpackr';
import { type Catalog, HEADER_CATALOG } from './snapshot-layout.ts';

/** Decodes the records of a snapshot one by one, when they are asked for. */
export class RecordReader {
  readonly catalog: Catalog;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #unpackr: Unpackr | null = null;

  constructor(words: Int32Array, bytes: Uint8Array) {
    this.#words = words;
    this.#bytes = bytes;
    this.catalog = JSON.parse(this.#copy(words[HEADER_CATALOG]!, 0).toString()) as Catalog;
  }

  count(table: number): number {
    return this.#words[table]!;
  }

  decode(table: number, index: number): unknown {
    this.#unpackr ??= new Unpackr({
      useRecords: true,
      structures: this.catalog.structures.map((keys) => [...keys]) as object[],
    });
    return this.#unpackr.unpack(this.#copy(table, index));
  }

  /** A private copy: text decoders refuse shared memory. */
  #copy(table: number, index: number): Buffer {
    const start = this.#words[table + 1 + index]!;
    const end = this.#words[table + 2 + index]!;
    return Buffer.from(this.#bytes.slice(start, end).buffer);
  }
}

/** Records of one kind, each decoded once. */
export class RecordCache<T> {
  readonly count: number;
  readonly #reader: RecordReader;
  readonly #table: number;
  readonly #transform: (record: unknown) => T;
  /** Made on first use: a list for 100k records is what makes taking over a new snapshot slow. */
  #items: (T | undefined)[] | null = null;

  constructor(reader: RecordReader, table: number, transform: (record: unknown) => T) {
    this.count = reader.count(table);
    this.#reader = reader;
    this.#table = table;
    this.#transform = transform;
  }

  /** @throws RangeError when there is no such record */
  get(index: number): T {
    this.#items ??= new Array<T | undefined>(this.count);
    return this.#items[index] ?? this.#decode(index, this.#items);
  }

  all(): T[] {
    return Array.from({ length: this.count }, (_, index) => this.get(index));
  }

  #decode(index: number, items: (T | undefined)[]): T {
    if (!(index >= 0 && index < this.count)) throw new RangeError(`no record ${index} of ${this.count}`);
    const item = this.#transform(this.#reader.decode(this.#table, index));
    items[index] = item;
    return item;
  }
}

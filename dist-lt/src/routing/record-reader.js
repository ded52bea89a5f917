import { Unpackr } from 'msgpackr';
import { HEADER_CATALOG } from './snapshot-layout.js';
/** Decodes the records of a snapshot one by one, when they are asked for. */
export class RecordReader {
    catalog;
    #words;
    #bytes;
    #unpackr = null;
    constructor(words, bytes) {
        this.#words = words;
        this.#bytes = bytes;
        this.catalog = JSON.parse(this.#copy(words[HEADER_CATALOG], 0).toString());
    }
    count(table) {
        return this.#words[table];
    }
    decode(table, index) {
        this.#unpackr ??= new Unpackr({
            useRecords: true,
            structures: this.catalog.structures.map((keys) => [...keys]),
        });
        return this.#unpackr.unpack(this.#copy(table, index));
    }
    /** A private copy: text decoders refuse shared memory. */
    #copy(table, index) {
        const start = this.#words[table + 1 + index];
        const end = this.#words[table + 2 + index];
        return Buffer.from(this.#bytes.slice(start, end).buffer);
    }
}
/** Records of one kind, each decoded once. */
export class RecordCache {
    count;
    #reader;
    #table;
    #transform;
    /** Made on first use: a list for 100k records is what makes taking over a new snapshot slow. */
    #items = null;
    constructor(reader, table, transform) {
        this.count = reader.count(table);
        this.#reader = reader;
        this.#table = table;
        this.#transform = transform;
    }
    /** @throws RangeError when there is no such record */
    get(index) {
        this.#items ??= new Array(this.count);
        return this.#items[index] ?? this.#decode(index, this.#items);
    }
    all() {
        return Array.from({ length: this.count }, (_, index) => this.get(index));
    }
    #decode(index, items) {
        if (!(index >= 0 && index < this.count))
            throw new RangeError(`no record ${index} of ${this.count}`);
        const item = this.#transform(this.#reader.decode(this.#table, index));
        items[index] = item;
        return item;
    }
}
//# sourceMappingURL=record-reader.js.map
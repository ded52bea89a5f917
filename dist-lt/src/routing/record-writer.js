import { Packr } from 'msgpackr';
/** Packs the parts of a snapshot that are decoded on demand; offsets become absolute when all words are written. */
export class RecordWriter {
    /** Key lists of the records so far. The reader needs them to decode anything packed here. */
    structures = [];
    #packr = new Packr({ useRecords: true, structures: this.structures });
    #tables = [];
    #bytes = new Uint8Array(1 << 20);
    #length = 0;
    /** @returns the reference of the table of records */
    addTable(writer, values, pack = (value) => this.#packr.pack(value)) {
        const at = writer.reserve(values.length + 2);
        writer.words[at] = values.length;
        const ends = [this.#length];
        for (const value of values) {
            this.#append(pack(value));
            ends.push(this.#length);
        }
        this.#tables.push({ at: at + 1, ends });
        return at;
    }
    /** The whole snapshot: the words, then the records. */
    finish(writer) {
        const base = writer.length << 2;
        for (const { at, ends } of this.#tables) {
            ends.forEach((end, i) => {
                writer.words[at + i] = base + end;
            });
        }
        // A whole number of words, so that the reader's view of words covers the buffer.
        const buffer = new SharedArrayBuffer((base + this.#length + 3) & ~3);
        const bytes = new Uint8Array(buffer);
        bytes.set(writer.bytes.subarray(0, base));
        bytes.set(this.#bytes.subarray(0, this.#length), base);
        return buffer;
    }
    #append(record) {
        if (this.#length + record.length > this.#bytes.length) {
            const bytes = new Uint8Array(2 * (this.#length + record.length));
            bytes.set(this.#bytes.subarray(0, this.#length));
            this.#bytes = bytes;
        }
        this.#bytes.set(record, this.#length);
        this.#length += record.length;
    }
}
//# sourceMappingURL=record-writer.js.map
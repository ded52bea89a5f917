/** Memory that grows while a snapshot is written; positions are word indexes. */
export class WordWriter {
    words;
    bytes;
    length;
    constructor(reserved) {
        this.words = new Int32Array(1 << 16);
        this.bytes = new Uint8Array(this.words.buffer);
        this.length = reserved;
    }
    /** @returns the position of `count` zeroed words */
    reserve(count) {
        const at = this.length;
        this.length += count;
        if (this.length > this.words.length)
            this.#grow();
        return at;
    }
    /** @returns the byte offset of the text, which must be latin1 */
    addText(text) {
        const offset = this.reserve((text.length + 3) >> 2) << 2;
        for (let i = 0; i < text.length; i++)
            this.bytes[offset + i] = text.charCodeAt(i);
        return offset;
    }
    #grow() {
        const words = new Int32Array(2 ** Math.ceil(Math.log2(this.length + 1)));
        words.set(this.words);
        this.words = words;
        this.bytes = new Uint8Array(words.buffer);
    }
}
//# sourceMappingURL=word-writer.js.map
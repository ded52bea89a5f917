import { reportDuplicateKey } from './read-yaml.js';
import { ListNode, MapEntry, MapNode, ScalarNode } from './tree.js';
/** Deeper files are an attack on the stack, not a configuration. */
const MAX_DEPTH = 200;
/** @returns null when the text is no JSON; the reason is then in `problems` */
export function readJson(source, problems) {
    if (source.text.trim() === '') {
        problems.error({ source, offset: 0 }, 'the file is empty; write {} if that is meant');
        return null;
    }
    try {
        return new JsonReader(source, problems).read();
    }
    catch (error) {
        if (!(error instanceof JsonSyntaxError))
            throw error;
        problems.error({ source, offset: error.offset }, `not valid JSON: ${error.message}`);
        return null;
    }
}
class JsonSyntaxError extends Error {
    offset;
    constructor(offset, message) {
        super(message);
        this.offset = offset;
    }
}
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WHITESPACE = /[ \t\r\n]*/y;
const PLAIN_STRING = /"[^"\\\x00-\x1f]*"/y;
const ESCAPED_STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LITERALS = [
    ['true', true],
    ['false', false],
    ['null', null],
];
class JsonReader {
    #source;
    #text;
    #problems;
    #at = 0;
    constructor(source, problems) {
        this.#source = source;
        this.#text = source.text;
        this.#problems = problems;
    }
    read() {
        if (this.#text.startsWith('\ufeff'))
            this.#at = 1;
        const node = this.#value(0);
        this.#skipSpace();
        if (this.#at < this.#text.length)
            this.#fail('expected the end of the file');
        return node;
    }
    #value(depth) {
        this.#skipSpace();
        if (depth > MAX_DEPTH)
            this.#fail(`more than ${MAX_DEPTH} levels`);
        const offset = this.#at;
        switch (this.#text[offset]) {
            case '{':
                return this.#map(depth, offset);
            case '[':
                return this.#list(depth, offset);
            case '"':
                return new ScalarNode(this.#source, offset, this.#string());
            default:
                return new ScalarNode(this.#source, offset, this.#literal());
        }
    }
    #map(depth, offset) {
        const entries = new Map();
        this.#at++;
        if (this.#take('}'))
            return new MapNode(this.#source, offset, entries);
        do {
            this.#skipSpace();
            const keyOffset = this.#at;
            if (this.#text[keyOffset] !== '"')
                this.#fail('expected a key in double quotes');
            const key = this.#string();
            if (!this.#take(':'))
                this.#fail('expected ":" after the key');
            const value = this.#value(depth + 1);
            const earlier = entries.get(key);
            if (earlier === undefined)
                entries.set(key, new MapEntry(this.#source, keyOffset, value));
            else
                reportDuplicateKey(this.#problems, key, { source: this.#source, offset: keyOffset }, earlier);
        } while (this.#take(','));
        if (!this.#take('}'))
            this.#fail('expected "," or "}"');
        return new MapNode(this.#source, offset, entries);
    }
    #list(depth, offset) {
        const items = [];
        this.#at++;
        if (this.#take(']'))
            return new ListNode(this.#source, offset, items);
        do
            items.push(this.#value(depth + 1));
        while (this.#take(','));
        if (!this.#take(']'))
            this.#fail('expected "," or "]"');
        return new ListNode(this.#source, offset, items);
    }
    #string() {
        const plain = this.#match(PLAIN_STRING);
        if (plain !== null)
            return plain.slice(1, -1);
        const escaped = this.#match(ESCAPED_STRING);
        if (escaped === null)
            this.#fail('this text does not end, or holds an illegal character or escape');
        return JSON.parse(escaped);
    }
    #literal() {
        const number = this.#match(NUMBER);
        if (number !== null)
            return Number(number);
        for (const [word, value] of LITERALS) {
            if (this.#text.startsWith(word, this.#at)) {
                this.#at += word.length;
                return value;
            }
        }
        return this.#fail(this.#at >= this.#text.length ? 'the file ends too early' : 'expected a value');
    }
    #match(pattern) {
        pattern.lastIndex = this.#at;
        const match = pattern.exec(this.#text);
        if (match === null)
            return null;
        this.#at = pattern.lastIndex;
        return match[0];
    }
    #skipSpace() {
        WHITESPACE.lastIndex = this.#at;
        WHITESPACE.test(this.#text);
        this.#at = WHITESPACE.lastIndex;
    }
    #take(char) {
        this.#skipSpace();
        if (this.#text[this.#at] !== char)
            return false;
        this.#at++;
        return true;
    }
    #fail(message) {
        throw new JsonSyntaxError(this.#at, message);
    }
}
//# sourceMappingURL=read-json.js.map
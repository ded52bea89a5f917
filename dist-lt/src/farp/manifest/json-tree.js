/**
 * JSON with the numbers as they are written and the members in their order, for hashes over canonical forms:
 * `JSON.parse` rounds large integers, forgets `1.0` and moves members with numeric names to the front.
 */
import { MAX_JSON_DEPTH } from './json-text.js';
const TOKEN = /[ \t\r\n]*(?:([[\]{}:,])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const REST = /[ \t\r\n]*$/y;
/** @returns null when the text is no JSON */
export function parseJsonTree(text) {
    const reader = new TreeReader(text);
    try {
        return reader.document();
    }
    catch (error) {
        if (error instanceof SyntaxError)
            return null;
        throw error;
    }
}
class TreeReader {
    #text;
    #at = 0;
    #punctuation = '';
    constructor(text) {
        this.#text = text;
    }
    document() {
        const tree = this.#expectValue(0);
        REST.lastIndex = this.#at;
        if (!REST.test(this.#text))
            throw new SyntaxError();
        return tree;
    }
    /** @returns null for punctuation, which is then in `#punctuation` */
    #next(depth) {
        TOKEN.lastIndex = this.#at;
        const match = TOKEN.exec(this.#text);
        if (match === null || depth > MAX_JSON_DEPTH)
            throw new SyntaxError();
        this.#at = TOKEN.lastIndex;
        const [, punctuation, string, number, literal] = match;
        if (string !== undefined)
            return { kind: 'string', value: JSON.parse(string) };
        if (number !== undefined)
            return { kind: 'number', source: number };
        if (literal !== undefined)
            return { kind: 'literal', source: literal };
        if (punctuation === '{')
            return this.#object(depth);
        if (punctuation === '[')
            return this.#array(depth);
        this.#punctuation = punctuation ?? '';
        return null;
    }
    #expectValue(depth) {
        const value = this.#next(depth);
        if (value === null)
            throw new SyntaxError();
        return value;
    }
    #expect(...allowed) {
        if (this.#next(0) !== null || !allowed.includes(this.#punctuation))
            throw new SyntaxError();
        return this.#punctuation;
    }
    /** Of a member that is there twice the last one counts, in the place of the first, as in Go and JavaScript. */
    #object(depth) {
        const members = new Map();
        for (let first = true;; first = false) {
            const name = this.#next(depth + 1);
            if (name === null && first && this.#punctuation === '}')
                break;
            if (name?.kind !== 'string')
                throw new SyntaxError();
            this.#expect(':');
            members.set(name.value, this.#expectValue(depth + 1));
            if (this.#expect(',', '}') === '}')
                break;
        }
        return { kind: 'object', members };
    }
    #array(depth) {
        const elements = [];
        for (let first = true;; first = false) {
            const element = this.#next(depth + 1);
            if (element === null) {
                if (first && this.#punctuation === ']')
                    break;
                throw new SyntaxError();
            }
            elements.push(element);
            if (this.#expect(',', ']') === ']')
                break;
        }
        return { kind: 'array', elements };
    }
}
//# sourceMappingURL=json-tree.js.map
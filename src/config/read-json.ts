/**
 * JSON text to a tree with places. Of its own because JSON.parse knows neither places nor duplicate keys, and because
 * generated files of 100,000 routes come as JSON: this is about ten times as fast as reading them as YAML.
 */
import type { Problems } from './problems.ts';
import { reportDuplicateKey } from './read-yaml.ts';
import { type ConfigNode, ListNode, MapEntry, MapNode, ScalarNode, type SourceText } from './tree.ts';

/** Deeper files are an attack on the stack, not a configuration. */
const MAX_DEPTH = 200;

/** @returns null when the text is no JSON; the reason is then in `problems` */
export function readJson(source: SourceText, problems: Problems): ConfigNode | null {
  if (source.text.trim() === '') {
    problems.error({ source, offset: 0 }, 'the file is empty; write {} if that is meant');
    return null;
  }
  try {
    return new JsonReader(source, problems).read();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    problems.error({ source, offset: error.offset }, `not valid JSON: ${error.message}`);
    return null;
  }
}

class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
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
] as const;

class JsonReader {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #problems: Problems;
  #at = 0;

  constructor(source: SourceText, problems: Problems) {
    this.#source = source;
    this.#text = source.text;
    this.#problems = problems;
  }

  read(): ConfigNode {
    if (this.#text.startsWith('\ufeff')) this.#at = 1;
    const node = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('expected the end of the file');
    return node;
  }

  #value(depth: number): ConfigNode {
    this.#skipSpace();
    if (depth > MAX_DEPTH) this.#fail(`more than ${MAX_DEPTH} levels`);
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

  #map(depth: number, offset: number): MapNode {
    const entries = new Map<string, MapEntry>();
    this.#at++;
    if (this.#take('}')) return new MapNode(this.#source, offset, entries);
    do {
      this.#skipSpace();
      const keyOffset = this.#at;
      if (this.#text[keyOffset] !== '"') this.#fail('expected a key in double quotes');
      const key = this.#string();
      if (!this.#take(':')) this.#fail('expected ":" after the key');
      const value = this.#value(depth + 1);
      const earlier = entries.get(key);
      if (earlier === undefined) entries.set(key, new MapEntry(this.#source, keyOffset, value));
      else reportDuplicateKey(this.#problems, key, { source: this.#source, offset: keyOffset }, earlier);
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('expected "," or "}"');
    return new MapNode(this.#source, offset, entries);
  }

  #list(depth: number, offset: number): ListNode {
    const items: ConfigNode[] = [];
    this.#at++;
    if (this.#take(']')) return new ListNode(this.#source, offset, items);
    do items.push(this.#value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail('expected "," or "]"');
    return new ListNode(this.#source, offset, items);
  }

  #string(): string {
    const plain = this.#match(PLAIN_STRING);
    if (plain !== null) return plain.slice(1, -1);
    const escaped = this.#match(ESCAPED_STRING);
    if (escaped === null) this.#fail('this text does not end, or holds an illegal character or escape');
    return JSON.parse(escaped) as string;
  }

  #literal(): number | boolean | null {
    const number = this.#match(NUMBER);
    if (number !== null) return Number(number);
    for (const [word, value] of LITERALS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#fail(this.#at >= this.#text.length ? 'the file ends too early' : 'expected a value');
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #skipSpace(): void {
    WHITESPACE.lastIndex = this.#at;
    WHITESPACE.test(this.#text);
    this.#at = WHITESPACE.lastIndex;
  }

  #take(char: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #fail(message: string): never {
    throw new JsonSyntaxError(this.#at, message);
  }
}

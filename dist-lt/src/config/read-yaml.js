// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a hint about that notation
/** YAML 1.2 text to a tree with places. Merge keys (`<<`) and aliases are filled in. */
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser, } from 'yaml';
import { Breather } from './breather.js';
import { ListNode, MapEntry, MapNode, ScalarNode } from './tree.js';
/** An alias of an alias of a list … grows exponentially: this many nodes are more than any real file has. */
const MAX_ALIASED_NODES = 1_000_000;
/** @returns null when the text is no YAML; the reasons are then in `problems` */
export async function readYaml(source, problems) {
    const documents = await parseDocuments(source.text);
    const first = documents[0];
    if (first === undefined || first.contents === null) {
        if (first !== undefined && reportSyntax(source, first, problems))
            return null;
        // A file that is being written is empty for a moment; taking it for "no routes" would empty the gateway.
        problems.error({ source, offset: 0 }, 'the file is empty; write {} if that is meant');
        return null;
    }
    let broken = false;
    for (const document of documents)
        broken = reportSyntax(source, document, problems) || broken;
    if (documents[1] !== undefined) {
        problems.error({ source, offset: documents[1].range[0] }, 'a second YAML document begins here; put it into a file of its own and name both');
        broken = true;
    }
    return broken
        ? null
        : new YamlConverter(source, first, problems).convert(first.contents);
}
/** What `parseAllDocuments` does, with pauses: splitting 100,000 routes into tokens takes seconds. */
async function parseDocuments(text) {
    const parser = new Parser();
    const tokens = [];
    const breather = new Breather();
    for (const lexeme of new Lexer().lex(text)) {
        for (const token of parser.next(lexeme))
            tokens.push(token);
        if (breather.isDue())
            await breather.breathe();
    }
    tokens.push(...parser.end());
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    return [...composer.compose(tokens)];
}
function reportSyntax(source, document, problems) {
    const faults = [...document.errors, ...document.warnings];
    let lastLine = 0;
    for (const { message, pos } of faults) {
        const { line } = source.position(pos[0]);
        // What follows in the same line is a consequence of the first fault.
        if (line === lastLine)
            continue;
        lastLine = line;
        const hint = BRACES.test(lineAround(source.text, pos[0])) ? BRACES_HINT : '';
        // Some messages end with the text found there, which may be a secret.
        problems.error({ source, offset: pos[0] }, `not valid YAML: ${message.replace(/( in YAML stream): [\s\S]*/, '$1')}${hint}`);
    }
    return faults.length > 0;
}
/** `{ port: ${PORT} }` and `{ path: /users/{id} }` look right and are not. */
const BRACES = /[{[].*\{[A-Za-z_]/;
const BRACES_HINT = ' (inside { } or [ ], text with braces such as "/users/{id}" or "${NAME}" needs quotes)';
function lineAround(text, offset) {
    const end = text.indexOf('\n', offset);
    return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? undefined : end);
}
class YamlConverter {
    #source;
    #document;
    #problems;
    #aliasDepth = 0;
    #aliasedNodes = 0;
    constructor(source, document, problems) {
        this.#source = source;
        this.#document = document;
        this.#problems = problems;
    }
    convert(node) {
        const offset = node?.range?.[0] ?? 0;
        if (this.#aliasDepth > 0 && ++this.#aliasedNodes > MAX_ALIASED_NODES) {
            if (this.#aliasedNodes === MAX_ALIASED_NODES + 1)
                this.#problems.error({ source: this.#source, offset }, 'too many aliases');
            return new ScalarNode(this.#source, offset, null);
        }
        if (isMap(node))
            return this.#map(node, offset);
        if (isSeq(node)) {
            return new ListNode(this.#source, offset, node.items.map((item) => this.convert(item)));
        }
        if (isAlias(node))
            return this.#alias(node, offset);
        return this.#scalar(node, offset);
    }
    #scalar(node, offset) {
        const value = isScalar(node) ? node.value : null;
        if (value === null ||
            typeof value === 'string' ||
            typeof value === 'boolean' ||
            typeof value === 'number') {
            return new ScalarNode(this.#source, offset, value);
        }
        if (typeof value === 'bigint')
            return new ScalarNode(this.#source, offset, Number(value));
        return new ScalarNode(this.#source, offset, String(value));
    }
    #alias(node, offset) {
        const target = isAlias(node) ? node.resolve(this.#document) : undefined;
        if (target === undefined || this.#aliasDepth > 50) {
            this.#problems.error({ source: this.#source, offset }, `the alias *${node.source} refers to nothing, or to itself`);
            return new ScalarNode(this.#source, offset, null);
        }
        this.#aliasDepth++;
        const converted = this.convert(target);
        this.#aliasDepth--;
        return converted;
    }
    #map(node, offset) {
        const entries = new Map();
        let inherited;
        for (const pair of node.items) {
            const keyOffset = pair.key?.range?.[0] ?? offset;
            const key = isScalar(pair.key) ? String(pair.key.value) : null;
            const place = { source: this.#source, offset: keyOffset };
            if (key === null) {
                this.#problems.error(place, 'a key must be plain text');
                continue;
            }
            // A key without value has no node: its place is that of the key.
            const value = pair.value === null ? new ScalarNode(this.#source, keyOffset, null) : this.convert(pair.value);
            const earlier = entries.get(key);
            if (key === '<<')
                inherited = value;
            else if (earlier !== undefined)
                reportDuplicateKey(this.#problems, key, place, earlier);
            else
                entries.set(key, new MapEntry(this.#source, keyOffset, value));
        }
        if (inherited !== undefined)
            this.#inherit(entries, inherited);
        return new MapNode(this.#source, offset, entries);
    }
    /** `<<: *defaults` or `<<: [*a, *b]`: earlier maps and own keys win. */
    #inherit(entries, from) {
        for (const map of from.kind === 'list' ? from.items : [from]) {
            if (map.kind !== 'map') {
                this.#problems.error(map, '"<<" must name a map or a list of maps');
                continue;
            }
            for (const [key, entry] of map.entries)
                if (!entries.has(key))
                    entries.set(key, entry);
        }
    }
}
export function reportDuplicateKey(problems, key, place, earlier) {
    const { line } = earlier.source.position(earlier.offset);
    problems.error(place, `the key "${key}" is already there in line ${line}; take one of them out`);
}
//# sourceMappingURL=read-yaml.js.map
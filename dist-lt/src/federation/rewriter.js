/** Carries names over into the merged document, wherever a document can mention them. */
import { atPointer, isObject, pointerOf, pointerTokens, setKey } from '../shared/json.js';
/** Keys whose object maps free names to values: `properties.example` is a schema, not an example. */
const MAPS = new Set([
    'properties',
    'patternProperties',
    '$defs',
    'definitions',
    'dependentSchemas',
    'schemas',
    'responses',
    'examples',
    'requestBodies',
    'headers',
    'securitySchemes',
    'links',
    'callbacks',
    'pathItems',
    'content',
    'encoding',
    'variables',
]);
/** Values of these are data, in which `$ref` means nothing. */
const LITERALS = new Set(['example', 'default', 'enum', 'const', 'value']);
/** How deep copies may stand in copies where a reference has no name to go to. */
const MAX_COPIES = 4;
export class Rewriter {
    #document;
    #renaming;
    #copies = 0;
    constructor(document, renaming) {
        this.#document = document;
        this.#renaming = renaming;
    }
    /** A changed copy. */
    rewrite(value) {
        if (Array.isArray(value))
            return value.map((item) => this.rewrite(item));
        if (!isObject(value))
            return value;
        if (typeof value['$ref'] === 'string')
            return this.#reference(value, value['$ref']);
        return this.#members(value);
    }
    #members(value) {
        const result = {};
        for (const [key, member] of Object.entries(value))
            setKey(result, key, this.#member(key, member));
        return result;
    }
    #member(key, member) {
        if (LITERALS.has(key) || (key === 'examples' && Array.isArray(member)))
            return member;
        if (MAPS.has(key) && isObject(member)) {
            const map = {};
            for (const [name, entry] of Object.entries(member))
                setKey(map, name, this.rewrite(entry));
            return map;
        }
        if (key === 'discriminator' && isObject(member))
            return this.#discriminator(member);
        if (key === 'security' && Array.isArray(member))
            return member.map((entry) => this.#requirement(entry));
        if (key === 'operationId' && typeof member === 'string')
            return this.#renaming.operationId(member);
        if (key === 'operationRef' && typeof member === 'string')
            return this.#pointer(member) ?? member;
        return this.rewrite(member);
    }
    #reference(value, ref) {
        const { $ref: _, ...siblings } = value;
        const pointer = this.#pointer(ref);
        if (pointer !== null)
            return { $ref: pointer, ...this.#members(siblings) };
        // An anchor within the document keeps its meaning.
        if (/^#[^/]/.test(ref))
            return { $ref: ref, ...this.#members(siblings) };
        const tokens = pointerTokens(ref);
        const target = tokens === null ? undefined : atPointer(this.#document, tokens);
        if (target === undefined || this.#copies >= MAX_COPIES) {
            this.#renaming.lost(ref);
            return this.#members(siblings);
        }
        this.#copies++;
        try {
            const copy = this.rewrite(target);
            return isObject(copy) ? { ...copy, ...this.#members(siblings) } : copy;
        }
        finally {
            this.#copies--;
        }
    }
    #pointer(ref) {
        const tokens = pointerTokens(ref);
        const place = tokens === null ? null : this.#renaming.place(tokens);
        return place === null ? null : pointerOf(place);
    }
    /** Values are references or bare names of schemas. */
    #discriminator(discriminator) {
        const { mapping } = discriminator;
        if (!isObject(mapping))
            return discriminator;
        const changed = {};
        for (const [value, target] of Object.entries(mapping)) {
            const text = typeof target === 'string' ? target : '';
            const bare = this.#renaming.component('schemas', text);
            setKey(changed, value, bare ?? this.#pointer(text) ?? target);
        }
        return { ...discriminator, mapping: changed };
    }
    #requirement(entry) {
        if (!isObject(entry))
            return entry;
        const changed = {};
        for (const [name, scopes] of Object.entries(entry)) {
            setKey(changed, this.#renaming.component('securitySchemes', name) ?? name, scopes);
        }
        return changed;
    }
}
//# sourceMappingURL=rewriter.js.map
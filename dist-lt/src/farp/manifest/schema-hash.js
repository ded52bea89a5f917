/** Whether a schema is the one that its manifest announces (3.1). */
import { createHash } from 'node:crypto';
import { writeJson } from './canonical-json.js';
import { parseJsonTree } from './json-tree.js';
const CANONICAL = [
    ['go', { sorted: true, escapes: 'html', numbers: 'double' }],
    ['serde', { sorted: true, escapes: 'plain', numbers: 'exact' }],
    ['go-struct', { sorted: false, escapes: 'html', numbers: 'double' }],
    ['go-old', { sorted: true, escapes: 'html-old', numbers: 'double' }],
];
/**
 * Three implementations hash three forms of the same document, so any of them will do.
 *
 * @param stated hash of the manifest, in either case
 * @returns null when it is the hash of none
 */
export function matchSchemaHash(body, stated) {
    const wanted = stated.toLowerCase();
    if (sha256(body) === wanted)
        return 'body';
    if (body.at(-1) === 0x0a && sha256(body.subarray(0, -1)) === wanted)
        return 'body-line';
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
    const tree = parseJsonTree(text);
    if (tree === null)
        return null;
    for (const [form, style] of CANONICAL) {
        const canonical = writeJson(tree, style);
        if (canonical !== null && sha256(canonical) === wanted)
            return form;
    }
    return sha256(JSON.stringify(JSON.parse(text))) === wanted ? 'javascript' : null;
}
/** The hash that the reference library would announce for the document; null when it is no JSON. */
export function schemaHash(text) {
    const tree = parseJsonTree(text);
    const canonical = tree === null ? null : writeJson(tree, CANONICAL[0][1]);
    return canonical === null ? null : sha256(canonical);
}
export function schemaHashFault(stated, body) {
    return `schema hash mismatch: manifest states ${stated}, the body has ${sha256(body)}`;
}
function sha256(data) {
    return createHash('sha256').update(data).digest('hex');
}
//# sourceMappingURL=schema-hash.js.map
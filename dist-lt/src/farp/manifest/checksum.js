import { createHash } from 'node:crypto';
/** Checksum of a manifest (3.2): over the hashes of its schemas in the order of their types; '' without schemas. */
export function manifestChecksum(schemas) {
    if (schemas.length === 0)
        return '';
    const digest = createHash('sha256');
    for (const { hash } of [...schemas].sort((a, b) => compareUtf8(a.type, b.type)))
        digest.update(hash, 'utf8');
    return digest.digest('hex');
}
export function checksumFault(expected, stated) {
    return `schema checksum mismatch: expected ${expected}, got ${stated}`;
}
/** Order of the UTF-8 bytes, which is not that of JavaScript's strings beyond the basic plane. */
export function compareUtf8(a, b) {
    if (a === b)
        return 0;
    return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
//# sourceMappingURL=checksum.js.map
/** 32-bit hashing of short strings for placement; not for secrets. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** FNV-1a over `text[start, end)`, finished by `mix` so that every bit of the result depends on every character. */
export function hashText(text, start = 0, end = text.length) {
    let hash = FNV_OFFSET;
    for (let i = start; i < end; i++)
        hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
    return mix(hash);
}
/** The finalizer of MurmurHash3: a bijection of the 32-bit numbers that spreads neighbours apart. @returns unsigned */
export function mix(hash) {
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
}
//# sourceMappingURL=hash.js.map
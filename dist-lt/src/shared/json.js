/** JSON that comes from outside: nothing in it has to have the shape that it should have. */
export function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
export function objectOf(value) {
    return isObject(value) ? value : {};
}
export function listOf(value) {
    return Array.isArray(value) ? value : [];
}
export function stringOf(value) {
    return typeof value === 'string' ? value : '';
}
/** For keys that come from outside: `__proto__` becomes a key like any other. */
export function setKey(target, key, value) {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
/** The tokens of `#/a/b~1c`; null for what is no pointer into the same document. */
export function pointerTokens(ref) {
    if (ref === '#')
        return [];
    if (!ref.startsWith('#/'))
        return null;
    return ref
        .slice(2)
        .split('/')
        .map((token) => decode(token).replaceAll('~1', '/').replaceAll('~0', '~'));
}
export function pointerOf(tokens) {
    return `#${tokens.map((token) => `/${encodeURI(token.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
}
export function atPointer(document, tokens) {
    let current = document;
    for (const token of tokens) {
        if (Array.isArray(current))
            current = /^\d+$/.test(token) ? current[Number(token)] : undefined;
        else
            current = isObject(current) && Object.hasOwn(current, token) ? current[token] : undefined;
    }
    return current;
}
function decode(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        return text;
    }
}
/** A chain of references longer than this is a circle or an attack. */
const MAX_STEPS = 16;
/** Follows `$ref`s within the document. @returns undefined when they lead nowhere, outside or in a circle */
export function resolveRef(document, value) {
    let current = value;
    for (let step = 0; step < MAX_STEPS; step++) {
        if (!isObject(current) || typeof current['$ref'] !== 'string')
            return current;
        const tokens = pointerTokens(current['$ref']);
        if (tokens === null)
            return undefined;
        current = atPointer(document, tokens);
    }
    return undefined;
}
//# sourceMappingURL=json.js.map
/** JSON of strangers: how deep it may be, and what is said of text that is none. */
/** Deeper documents are an attack on whoever walks them by recursion, not an API. */
export const MAX_JSON_DEPTH = 200;
/** The text is no JSON, or more than a reader can be asked to take. */
export class JsonTextError extends Error {
}
/**
 * @param maxDepth of nested arrays and objects
 * @throws JsonTextError
 */
export function parseJsonText(text, maxDepth = MAX_JSON_DEPTH) {
    if (jsonDepthExceeds(text, maxDepth))
        throw new JsonTextError(`nested deeper than ${maxDepth} levels`);
    try {
        return JSON.parse(text);
    }
    catch (error) {
        throw new JsonTextError(syntaxFault(text, error.message));
    }
}
/** Looks at the brackets outside of strings; before `JSON.parse`, so that nothing deep is ever built. */
export function jsonDepthExceeds(text, maxDepth) {
    let depth = 0;
    let inString = false;
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (inString) {
            if (code === 0x5c)
                i++;
            else if (code === 0x22)
                inString = false;
        }
        else if (code === 0x22) {
            inString = true;
        }
        else if (code === 0x7b || code === 0x5b) {
            if (++depth > maxDepth)
                return true;
        }
        else if (code === 0x7d || code === 0x5d) {
            depth--;
        }
    }
    return false;
}
/** The words of Go's decoder for text that ends early, which is what a cut-off body looks like. */
function syntaxFault(text, message) {
    const position = /at position (\d+)/.exec(message);
    const atEnd = position === null ? /end of JSON/.test(message) : Number(position[1]) >= text.trimEnd().length;
    if (atEnd)
        return 'unexpected end of JSON input';
    return position === null ? 'not JSON' : `not JSON at position ${position[1]}`;
}
/** How Go names the kinds of JSON values. */
export function jsonKind(value) {
    if (value === null || value === undefined)
        return 'null';
    if (Array.isArray(value))
        return 'array';
    return typeof value === 'boolean' ? 'bool' : typeof value;
}
//# sourceMappingURL=json-text.js.map
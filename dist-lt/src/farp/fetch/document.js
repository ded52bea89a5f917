/** The body of a schema to its document: JSON, YAML, or the text of a GraphQL schema. */
import { JsonTextError, parseJsonText } from '../manifest/json-text.js';
import { FetchError } from './fetch-error.js';
/** More values than any API has, fewer than would hold the gateway up. */
const MAX_NODES = 1_000_000;
/** @throws FetchError */
export async function readDocument(body, contentType, type, worker) {
    if (isYaml(contentType))
        return parse(await worker.yamlToJson(body));
    const text = body.toString('utf8');
    // SDL begins with a keyword, a comment or a description in quotes.
    if (type === 'graphql' && !/^\s*[{[]/.test(text))
        return text;
    return parse(text);
}
export function isYaml(contentType) {
    const [mediaType = ''] = contentType.split(';', 1);
    return /^(application|text)\/(x-yaml|yaml|[\w.-]+\+yaml)$/i.test(mediaType.trim());
}
function parse(text) {
    if (nodesExceed(text, MAX_NODES))
        throw new FetchError('invalid', `more than ${MAX_NODES} values`);
    try {
        return parseJsonText(text);
    }
    catch (error) {
        if (!(error instanceof JsonTextError))
            throw error;
        throw new FetchError('invalid', error.message);
    }
}
/** Counts separators and containers, before anything is built of them. */
function nodesExceed(text, limit) {
    let nodes = 0;
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if ((code === 0x2c || code === 0x5b || code === 0x7b) && ++nodes > limit)
            return true;
    }
    return false;
}
//# sourceMappingURL=document.js.map
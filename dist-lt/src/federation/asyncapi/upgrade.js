/** AsyncAPI 2 to 3: as much as channels, messages and operations need. */
import { isObject, listOf, objectOf, pointerOf, resolveRef, setKey, stringOf, } from '../../shared/json.js';
/** @throws Error when it is no AsyncAPI document of a version that is known */
export function toAsyncApi3(document) {
    if (!isObject(document))
        throw new Error('it is no object');
    const version = stringOf(document['asyncapi']);
    if (/^3\./.test(version))
        return structuredClone(document);
    if (!/^2\./.test(version))
        throw new Error(`its version is ${JSON.stringify(version)}, not 2.x or 3.x`);
    return upgrade(structuredClone(document));
}
function upgrade(document) {
    const channels = {};
    const operations = {};
    const result = { ...document, asyncapi: '3.0.0', channels, operations };
    for (const [address, unresolved] of Object.entries(objectOf(document['channels']))) {
        const item = resolveRef(document, unresolved);
        if (!isObject(item))
            continue;
        const messages = {};
        setKey(channels, address, {
            address,
            messages,
            ...pick(item, ['description', 'bindings']),
            ...parametersOf(document, item['parameters']),
        });
        // The document speaks for the service: what clients publish it receives.
        addOperation(operations, messages, address, item['publish'], 'receive', document);
        addOperation(operations, messages, address, item['subscribe'], 'send', document);
    }
    return result;
}
function addOperation(operations, messages, address, value, action, document) {
    if (!isObject(value))
        return;
    const names = messagesOf(value['message']).map((message) => {
        const name = messageName(document, message) || `${action}Message${Object.keys(messages).length}`;
        setKey(messages, name, message);
        return name;
    });
    const id = stringOf(value['operationId']) || `${action} ${address}`;
    const security = securityOf(value['security']);
    setKey(operations, id, {
        action,
        channel: { $ref: pointerOf(['channels', address]) },
        ...pick(value, ['summary', 'description', 'tags', 'externalDocs', 'bindings', 'traits']),
        ...(security.length > 0 ? { security } : {}),
        messages: names.map((name) => ({ $ref: pointerOf(['channels', address, 'messages', name]) })),
    });
}
function messagesOf(message) {
    if (!isObject(message))
        return [];
    return Array.isArray(message['oneOf']) ? message['oneOf'].filter(isObject) : [message];
}
function messageName(document, message) {
    const ref = stringOf(message['$ref']);
    if (ref !== '')
        return ref.slice(ref.lastIndexOf('/') + 1);
    const resolved = objectOf(resolveRef(document, message));
    return stringOf(resolved['messageId']) || stringOf(resolved['name']);
}
/** Parameters lost their schema in 3: what of it says something to people is kept. */
function parametersOf(document, value) {
    const parameters = {};
    for (const [name, unresolved] of Object.entries(objectOf(value))) {
        const parameter = objectOf(resolveRef(document, unresolved));
        const schema = objectOf(resolveRef(document, parameter['schema']));
        setKey(parameters, name, {
            ...pick(parameter, ['description', 'location']),
            ...(Array.isArray(schema['enum']) ? { enum: schema['enum'].map(String) } : {}),
            ...(schema['default'] === undefined ? {} : { default: String(schema['default']) }),
        });
    }
    return Object.keys(parameters).length > 0 ? { parameters } : {};
}
/** Requirements became references. */
function securityOf(value) {
    return listOf(value).flatMap((requirement) => Object.keys(objectOf(requirement)).map((name) => ({
        $ref: pointerOf(['components', 'securitySchemes', name]),
    })));
}
function pick(from, keys) {
    return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
}
//# sourceMappingURL=upgrade.js.map
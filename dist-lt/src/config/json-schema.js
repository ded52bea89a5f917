/** The JSON Schema of the configuration, for editors, for `octopus schema` and for the manual. */
import { z } from 'zod';
import { configSchema } from './schema/schema.js';
/** What may stand in place of a number, a choice or a notation: it is filled in when the file is loaded. */
const INTERPOLATED = { type: 'string', pattern: '\\$\\{[A-Za-z_]' };
/** Draft 2020-12. Describes what is written in files, so durations are text such as `30s`. */
export function configJsonSchema() {
    const { $schema, ...schema } = describeInput(configSchema);
    return {
        ...($schema === undefined ? {} : { $schema }),
        title: 'Configuration of the Octopus API gateway',
        ...admitVariables(schema),
        patternProperties: { '^x-': { description: 'Your own, ignored: a place for YAML anchors.' } },
    };
}
/** What a schema accepts, without variables. `notation`, which is ours, names the notation of a text. */
export function describeInput(schema) {
    return z.toJSONSchema(schema, {
        io: 'input',
        unrepresentable: 'any',
        override({ jsonSchema }) {
            if (jsonSchema['fallback'] !== undefined)
                jsonSchema.default = jsonSchema['fallback'];
            delete jsonSchema['fallback'];
            // The range of JavaScript's safe integers says nothing about the configuration.
            if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER)
                delete jsonSchema.minimum;
            if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER)
                delete jsonSchema.maximum;
        },
    });
}
function admitVariables({ notation: _, description, default: fallback, ...node }) {
    const head = {
        ...(description !== undefined && { description }),
        ...(fallback !== undefined && { default: fallback }),
    };
    if (isStrictScalar(node))
        return { ...head, anyOf: [node, INTERPOLATED] };
    const result = { ...head, ...node };
    if (node.anyOf !== undefined) {
        const options = node.anyOf.map((option) => isStrictScalar(option) ? withoutNotation(option) : admitVariables(option));
        result.anyOf =
            options.some(isStrictScalar) && !options.some(isFreeText) ? [...options, INTERPOLATED] : options;
    }
    if (node.properties !== undefined) {
        result.properties = Object.fromEntries(Object.entries(node.properties).map(([key, child]) => [
            key,
            typeof child === 'boolean' ? child : admitVariables(child),
        ]));
    }
    if (typeof node.propertyNames === 'object')
        result.propertyNames = withoutNotation(node.propertyNames);
    for (const key of ['items', 'additionalProperties']) {
        const child = node[key];
        if (typeof child === 'object' && !Array.isArray(child))
            result[key] = admitVariables(child);
    }
    return result;
}
function withoutNotation({ notation: _, ...node }) {
    return node;
}
/** True for everything that would refuse the text `${NAME}`. */
function isStrictScalar(node) {
    return (node.type === 'integer' ||
        node.type === 'number' ||
        node.type === 'boolean' ||
        node.enum !== undefined ||
        node.const !== undefined ||
        (node.type === 'string' && node.pattern !== undefined));
}
function isFreeText(node) {
    return node.type === 'string' && !isStrictScalar(node);
}
//# sourceMappingURL=json-schema.js.map
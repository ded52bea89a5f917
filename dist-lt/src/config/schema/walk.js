/** Takes off defaults, optionality and transforms: what the user writes. */
export function inputOf(schema) {
    for (;;) {
        const { def } = schema._zod;
        switch (def.type) {
            case 'optional':
            case 'nullable':
            case 'default':
            case 'prefault':
            case 'nonoptional':
            case 'readonly':
            case 'catch':
                schema = def.innerType;
                break;
            case 'pipe':
                schema = def.in;
                break;
            default:
                return schema;
        }
    }
}
/** Keys of the object that may stand here; null when none may. */
export function shapeOf(schema) {
    const { def } = inputOf(schema)._zod;
    if (def.type === 'object')
        return def.shape;
    if (def.type !== 'union')
        return null;
    for (const option of def.options) {
        const shape = shapeOf(option);
        if (shape !== null)
            return shape;
    }
    return null;
}
/** Schema of a list's items or a record's values. */
export function elementOf(schema) {
    const { def } = inputOf(schema)._zod;
    if (def.type === 'array')
        return def.element;
    if (def.type === 'record')
        return def.valueType;
    if (def.type !== 'union')
        return null;
    for (const option of def.options) {
        const element = elementOf(option);
        if (element !== null)
            return element;
    }
    return null;
}
/** The schema that rules the value at `path`; null where the path leads out of the schema. */
export function schemaAt(root, path) {
    let schema = root;
    for (const step of path) {
        if (schema === null)
            return null;
        const shape = shapeOf(schema);
        schema = shape === null ? elementOf(schema) : (shape[String(step)] ?? null);
    }
    return schema;
}
/** True when a single text, number or boolean may stand here. */
export function admitsScalar(schema) {
    const { def } = inputOf(schema)._zod;
    if (def.type === 'union')
        return def.options.some(admitsScalar);
    return !['object', 'array', 'record', 'unknown'].includes(def.type);
}
//# sourceMappingURL=walk.js.map
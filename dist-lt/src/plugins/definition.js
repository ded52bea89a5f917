import { z } from 'zod';
import { isToken } from '../http/characters.js';
/**
 * Takes the `plugin` export of a module. It need not come from `definePlugin`, so that a module without any import
 * works: `config` may then be a function from zod to the schema, or be left out when there are no options.
 */
export function readDefinition(exports) {
    const value = exports['plugin'];
    if (value === undefined) {
        const hint = exports['default'] === undefined ? '' : ' (it has a default export; export it under that name)';
        return fail(`the module does not export "plugin"${hint}`);
    }
    if (typeof value !== 'object' || value === null)
        return fail('"plugin" must be what definePlugin returns');
    const { name, version, setup, ownsHeaders, preflight, wholeBody, config } = value;
    if (typeof name !== 'string' || name === '')
        return fail('"plugin.name" must be text');
    if (typeof version !== 'string' || version === '')
        return fail('"plugin.version" must be text');
    if (typeof setup !== 'function')
        return fail('"plugin.setup" must be a function');
    if (ownsHeaders !== undefined && !isHeaderList(ownsHeaders)) {
        return fail('"plugin.ownsHeaders" must be a list of header names, each perhaps with "*" at its end');
    }
    if (preflight !== undefined && typeof preflight !== 'boolean') {
        return fail('"plugin.preflight" must be true or false');
    }
    if (wholeBody !== undefined && !isBodyCaps(wholeBody)) {
        return fail('"plugin.wholeBody" must be { request, response } with sizes in bytes');
    }
    const schema = readSchema(config);
    if (schema === null)
        return fail('"plugin.config" must be a zod schema, or a function (z) => schema');
    // Not a copy: `setup` may be a method that uses `this`.
    if (config === schema)
        return { ok: true, definition: value };
    return {
        ok: true,
        definition: Object.create(value, { config: { value: schema, enumerable: true } }),
    };
}
function fail(fault) {
    return { ok: false, fault };
}
function readSchema(config) {
    if (config === undefined)
        return z.strictObject({});
    const schema = typeof config === 'function' ? config(z) : config;
    const isSchema = typeof schema?.safeParse === 'function';
    return isSchema ? schema : null;
}
function isHeaderList(value) {
    return (Array.isArray(value) &&
        value.every((name) => typeof name === 'string' && isToken(name.replace(/\*$/, ''))));
}
function isBodyCaps(value) {
    if (typeof value !== 'object' || value === null)
        return false;
    return Object.entries(value).every(([side, cap]) => (side === 'request' || side === 'response') &&
        (cap === undefined || (Number.isInteger(cap) && cap > 0)));
}
//# sourceMappingURL=definition.js.map
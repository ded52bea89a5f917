export const HOOK_NAMES = [
    'onRequest',
    'onRequestBody',
    'onUpstreamRequest',
    'onResponse',
    'onResponseBody',
    'onEnd',
];
/** What is wrong with what `setup` returned, or `''`. A misspelt hook would otherwise just never run. */
export function hooksFault(hooks) {
    if (typeof hooks !== 'object' || hooks === null)
        return 'setup must return an object with hooks';
    const known = new Set(HOOK_NAMES);
    for (const name of memberNames(hooks)) {
        if (!/^on[A-Z]/.test(name))
            continue;
        if (!known.has(name))
            return `there is no hook "${name}"; the hooks are ${HOOK_NAMES.join(', ')}`;
        const type = typeof hooks[name];
        if (type !== 'function' && type !== 'undefined')
            return `the hook "${name}" must be a function`;
    }
    return '';
}
/** Own and inherited names, also the methods of classes. */
function memberNames(value) {
    const names = new Set();
    for (let at = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        for (const name of Object.getOwnPropertyNames(at))
            names.add(name);
    }
    return names;
}
//# sourceMappingURL=hooks.js.map
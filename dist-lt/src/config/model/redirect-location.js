/** Checks the `location` of a redirect: its placeholders, and that no client can choose the host it leads to. */
import { closest } from '../suggest.js';
const REQUEST_PLACEHOLDERS = ['path', 'query', 'host'];
const PLACEHOLDER = /\{([^{}]*)\}/g;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/|^\/\//;
/** @returns what is wrong, one sentence each */
export function redirectProblems(location, params) {
    const known = [...new Set([...params, ...REQUEST_PLACEHOLDERS])];
    const problems = [];
    for (const [, name = ''] of location.matchAll(PLACEHOLDER)) {
        if (known.includes(name))
            continue;
        const best = closest(name, known);
        const advice = best === null
            ? `known are ${known.map((other) => `{${other}}`).join(', ')}`
            : `did you mean {${best}}?`;
        problems.push(`{${name}} is no parameter of the path; ${advice}`);
    }
    return problems.length > 0 ? problems : hostProblems(location, params);
}
/** An open redirect lends the good name of this host to whatever a link says. */
function hostProblems(location, params) {
    const scheme = SCHEME.exec(location)?.[0];
    if (scheme === undefined) {
        const first = /^\{([^{}]*)\}/.exec(location)?.[1];
        if (first === undefined || isPath(first, params))
            return [];
        return [`it begins with {${first}}, which would let a client choose where to; put a "/" before it`];
    }
    let authority = /^[^/?#]*/.exec(location.slice(scheme.length))[0];
    const path = authority.indexOf('{path}');
    if (path >= 0 && isPath('path', params))
        authority = authority.slice(0, path);
    const last = /\{([^{}]*)\}(:\d+)?$/.exec(authority)?.[1];
    if (last === undefined || (last === 'host' && !params.includes('host')))
        return [];
    return [
        `{${last}} ends the host name, which would let a client choose the host; put a "/" before it, or the end of the name behind it`,
    ];
}
/** The path of the request, not a parameter of that name: it begins with a "/". */
function isPath(name, params) {
    return name === 'path' && !params.includes('path');
}
//# sourceMappingURL=redirect-location.js.map
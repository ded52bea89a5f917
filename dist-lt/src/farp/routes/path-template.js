/** Path templates of OpenAPI, AsyncAPI and routers, brought to the spelling of `routing/pattern.ts`. */
import { parsePattern } from '../../routing/pattern.js';
const EXPRESSION = /\{[^{}]*\}/g;
const OUTSIDE_NAME = /[^A-Za-z0-9_.-]+/g;
/**
 * `{user id}` becomes `{user_id}`, `{a}{b}` one parameter, `{path*}` and `{+path}` the rest of the path, `:id` and
 * `*rest` what routers mean by them. Parameters only separate one segment from the next here, so that their names may
 * change.
 */
export function pathTemplate(text) {
    if (!text.startsWith('/'))
        return { problem: 'a path begins with "/"' };
    const [path] = text.split(/[?#]/, 1);
    const names = new Set();
    const segments = path.slice(1).split('/');
    const spelled = segments.map((segment, index) => spellSegment(segment, index === segments.length - 1, names));
    const result = parsePattern(`/${spelled.join('/')}`);
    return result.ok ? { path: result.pattern.canonical } : { problem: result.message };
}
function spellSegment(segment, last, names) {
    if (segment.startsWith('*')) {
        return last
            ? segment === '*'
                ? '*'
                : `{${uniqueName(segment.slice(1), names)}*}`
            : `{${uniqueName(segment.slice(1), names)}}`;
    }
    if (segment.startsWith(':')) {
        const rest = segment.endsWith('*') && last;
        return `{${uniqueName(segment.slice(1).replace(/[*+?]$/, ''), names)}${rest ? '*' : ''}}`;
    }
    const [only] = segment.match(EXPRESSION) ?? [];
    if (last && only === segment && /^\{(?:\+.*|.*\*)\}$/.test(segment)) {
        return `{${uniqueName(segment.slice(1, -1).replace(/^\+|\*$/g, ''), names)}*}`;
    }
    // Nothing tells where one of two neighbours ends.
    return segment.replace(/\{[^{}]*\}(?:\{[^{}]*\})*/g, (run) => `{${uniqueName(run.slice(1, -1), names)}}`);
}
function uniqueName(text, names) {
    const cleaned = text.replace(OUTSIDE_NAME, '_').replace(/^[^A-Za-z_]+/, '');
    const base = cleaned === '' ? 'param' : cleaned;
    let name = base;
    for (let copy = 2; names.has(name); copy++)
        name = `${base}_${copy}`;
    names.add(name);
    return name;
}
//# sourceMappingURL=path-template.js.map
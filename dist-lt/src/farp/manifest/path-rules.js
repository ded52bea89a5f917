/**
 * Path rules (7.4): which paths of a service are for the outside. `*` stands for one segment or, once, for any part of
 * one; `**` for any number of segments.
 */
/** What services keep for themselves unless they say otherwise. */
export const INTERNAL_PATH_RULES = [
    '/',
    '/_farp/**',
    '/_/**',
    '/docs/**',
    '/docs',
    '/openapi*',
    '/asyncapi*',
].map((pattern) => ({ pattern, include: false }));
/** The first rule that matches decides; without one the path is included. */
export function isPathIncluded(rules, path) {
    const segments = segmentsOf(path);
    return rules.find(({ pattern }) => matches(segmentsOf(pattern), segments))?.include ?? true;
}
export function pathMatches(pattern, path) {
    return matches(segmentsOf(pattern), segmentsOf(path));
}
function segmentsOf(path) {
    const trimmed = path.replace(/^\/+/, '').replace(/\/+$/, '');
    return trimmed === '' ? [] : trimmed.split('/');
}
/** Goes back to the latest `**` only, which is enough and keeps hostile patterns from taking exponential time. */
function matches(pattern, path) {
    let at = 0;
    let resumePattern = -1;
    let resumePath = 0;
    for (let i = 0; i < path.length;) {
        if (pattern[at] === '**') {
            resumePattern = ++at;
            resumePath = i;
        }
        else if (at < pattern.length && segmentMatches(pattern[at], path[i])) {
            at++;
            i++;
        }
        else if (resumePattern >= 0) {
            at = resumePattern;
            i = ++resumePath;
        }
        else {
            return false;
        }
    }
    while (pattern[at] === '**')
        at++;
    return at === pattern.length;
}
/** Only the first star of a segment is one (`*a*` ends with the letters `a*`): so the services' own library reads it. */
function segmentMatches(pattern, segment) {
    const star = pattern.indexOf('*');
    if (star < 0)
        return pattern === segment;
    const tail = pattern.slice(star + 1);
    return (segment.length >= star + tail.length &&
        segment.startsWith(pattern.slice(0, star)) &&
        segment.endsWith(tail));
}
//# sourceMappingURL=path-rules.js.map
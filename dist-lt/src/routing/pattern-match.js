/**
 * One pattern as a regular expression with a group per parameter: for reports, and for captures that are wanted after
 * the walk that found them. Takes the same captures as the matcher.
 */
export function patternRegex(pattern) {
    let source = pattern.segments.map(segmentSource).join('');
    if (pattern.tail === 'rest')
        source += '/(.+)';
    if (pattern.tail === 'wildcard')
        source += '/.*';
    return new RegExp(`^${source}$`, 's');
}
/** One segment with the slash before it. */
export function segmentSource(segment) {
    return `/${segment.map(escapeRegex).join('([^/]+?)')}`;
}
function escapeRegex(text) {
    return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
//# sourceMappingURL=pattern-match.js.map
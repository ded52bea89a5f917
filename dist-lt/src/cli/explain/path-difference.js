import { closest } from '../../config/suggest.js';
import { segmentSource } from '../../routing/pattern-match.js';
/** Up to this distance the path was probably meant for the route. */
export const SLIP = 1;
/**
 * Why a path that the pattern does not match nearly does.
 *
 * @returns null when they have too little in common
 */
export function pathDifference(pattern, path) {
    const sent = path.split('/').slice(1);
    const { segments, tail } = pattern;
    const wrong = segments.findIndex((segment, i) => !matches(segment, sent[i]));
    if (wrong < 0)
        return endDifference(pattern, sent);
    if (sent[wrong] === undefined || (sent[wrong] === '' && wrong === sent.length - 1)) {
        return missingSegments(segments, sent, wrong);
    }
    if (segments[wrong].length === 1 && segments[wrong][0] === '' && sent[wrong] !== '') {
        return beyond(sent, wrong, 'the route ends with "/"');
    }
    const restMatches = segments.slice(wrong + 1).every((segment, i) => matches(segment, sent[wrong + 1 + i]));
    const lengthFits = tail === 'none' ? sent.length === segments.length : sent.length > segments.length;
    if (!restMatches || !lengthFits)
        return null;
    const difference = segmentDifference(segments[wrong], sent[wrong], wrong);
    // Parameters fit anything: without a literal that fits, the paths have nothing in common.
    const shared = segments.some((segment, i) => i !== wrong && segment.join('') !== '');
    return shared || difference.distance <= SLIP ? difference : null;
}
function matches(segment, sent) {
    return sent !== undefined && new RegExp(`^${segmentSource(segment)}$`, 's').test(`/${sent}`);
}
/** All segments of the pattern match; what differs is what follows. */
function endDifference({ tail, segments }, sent) {
    const more = sent.slice(segments.length);
    if (tail === 'wildcard')
        return { distance: 0, text: 'the path lacks the "/" after the prefix' };
    if (tail === 'rest')
        return { distance: 1, text: 'nothing is left for the last parameter' };
    if (more.length === 1 && more[0] === '')
        return { distance: 0, text: 'the path ends with "/", the route does not' };
    return beyond(sent, segments.length, 'the route ends there');
}
function beyond(sent, from, why) {
    const more = sent.slice(from);
    return more.length > 1 ? null : { distance: 4, text: `the path goes on with "/${more.join('/')}", ${why}` };
}
function missingSegments(segments, sent, from) {
    const missing = segments.slice(from);
    if (missing.length > 1)
        return null;
    if (missing[0].length === 1 && missing[0][0] === '') {
        return { distance: 0, text: 'the route ends with "/", the path does not' };
    }
    const what = missing[0].length === 1 ? `"/${missing[0][0]}"` : 'a parameter';
    const lacks = sent[from] === undefined ? 'ends before' : 'is empty at';
    return from === 0
        ? null
        : { distance: 4, text: `the path ${lacks} segment ${from + 1}, ${what} in the route` };
}
function segmentDifference(segment, sent, index) {
    const place = `segment ${index + 1} is "${sent}"`;
    if (segment.length > 1) {
        const shape = segment.join('{…}');
        return { distance: 3, text: `${place}, which does not fit "${shape}"` };
    }
    const wanted = segment[0];
    if (wanted.toLowerCase() === sent.toLowerCase()) {
        return { distance: 0, text: `${place}, the route has "${wanted}" (paths are matched with case)` };
    }
    if (closest(sent, [wanted]) === null)
        return { distance: 3, text: `${place}, the route has "${wanted}"` };
    return { distance: 1, text: `${place}; did you mean "${wanted}"?` };
}
//# sourceMappingURL=path-difference.js.map
import { setFlagsFromString } from 'node:v8';
let enabled = false;
/**
 * A regular expression that cannot be made to backtrack: V8's own automaton, behind a flag that it only accepts before
 * the first use. For patterns that come from outside (ReDoS); about ten times slower than the usual engine on short text.
 *
 * @throws SyntaxError for a pattern that is none, or that cannot run in linear time (back references, lookaround, large
 * counted repetitions)
 */
export function linearRegExp(pattern) {
    if (!enabled)
        setFlagsFromString('--enable-experimental-regexp-engine');
    enabled = true;
    return new RegExp(pattern, 'l');
}
//# sourceMappingURL=linear-regexp.js.map
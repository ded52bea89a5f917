/**
 * Building blocks for plugin options. What they return is again valid input, so options may be checked twice: in the
 * primary for the error report and in each worker before `setup`.
 */
import { z } from 'zod';
import { isFieldValue, isToken } from '../http/characters.js';
import { parseDuration, parseSize } from '../shared/units.js';
/** @param name what the manual calls such a value */
function notation(name, expected, pattern, parse) {
    return z
        .union([z.number(), z.string().meta({ pattern })], { error: `expected ${expected}` })
        .transform((value, context) => {
        const parsed = parse(value);
        if (parsed !== null)
            return parsed;
        context.addIssue({ code: 'custom', message: `expected ${expected}` });
        return z.NEVER;
    })
        .meta({ notation: name });
}
/** Milliseconds, more than none, of `500ms`, `30s`, `1h30m`. */
export const duration = () => notation('duration', 'a duration such as 500ms, 30s, 5m or 1h30m, longer than 0', '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$', (value) => parseDuration(value) || null);
/** Bytes of `512B`, `64KB`, `10MB`. */
export const size = () => notation('size', 'a size such as 512B, 64KB or 10MB', '^\\d+(\\.\\d+)?\\s*([kKmMgG][iI]?)?[bB]$', parseSize);
/** A header name as the user spells it. */
export const headerName = () => z.string().refine(isToken, { error: 'expected a header name' }).meta({ notation: 'header name' });
/** Text that may stand in one header line (rule B11). */
export const headerValue = () => z
    .string()
    .refine(isFieldValue, { error: 'expected a header value in one line (no control characters)' })
    .meta({ notation: 'header value' });
/** A method (a token of RFC 9110 section 5.6.2). */
export const method = () => z.string().refine(isToken, { error: 'expected a method such as GET' }).meta({ notation: 'method' });
/** A whole number from `min` to `max`. */
export const whole = (min, max) => {
    const error = { error: `expected a whole number from ${min} to ${max}` };
    return z.int(error).min(min, error).max(max, error);
};
//# sourceMappingURL=fields.js.map
/**
 * Worker side: W3C Trace Context (https://www.w3.org/TR/trace-context/) and the ids that the gateway makes.
 *
 * The ids are cut out of a pool of random bytes that is turned to hex as a whole: 65 ns each, where a pseudo-random
 * generator with a hex table or one `hexSlice` per id costs 160 ns, because a cut-out string is not copied. And as they
 * come from the system's generator, nobody can guess the next one.
 */
import { randomFillSync } from 'node:crypto';
/**
 * A kept id keeps its pool's string alive, so the pool is not large: 16 KB of hex. Filling has a fixed price: with 1 KB it
 * was 2% of a proxied request.
 */
const POOL_BYTES = 8192;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let hex = '';
let position = 0;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);
/** 32 lower-case hex digits, never all zero. */
export function newTraceId() {
    const id = randomHex(32);
    return id === ZERO_TRACE ? newTraceId() : id;
}
/** 16 lower-case hex digits, never all zero. */
export function newSpanId() {
    const id = randomHex(16);
    return id === ZERO_SPAN ? newSpanId() : id;
}
/** 32 lower-case hex digits. */
export function newRequestId() {
    return randomHex(32);
}
/**
 * Whether a received `traceparent` may be continued. If not (or if the field is repeated), the trace starts anew and
 * `tracestate` must go with it. Versions above 00 are accepted when they begin like 00, as the specification asks; `ff`
 * and all-zero ids are invalid, and so are upper-case digits.
 */
export function isTraceparent(value) {
    const length = value.length;
    if (length < 55)
        return false;
    if (value.charCodeAt(2) !== DASH || value.charCodeAt(35) !== DASH || value.charCodeAt(52) !== DASH)
        return false;
    if (!isHex(value, 0, 2) || !isHex(value, 53, 55))
        return false;
    if (value.charCodeAt(0) === LOWER_F && value.charCodeAt(1) === LOWER_F)
        return false;
    if (length > 55) {
        const isVersion0 = value.charCodeAt(0) === DIGIT_0 && value.charCodeAt(1) === DIGIT_0;
        if (isVersion0 || value.charCodeAt(55) !== DASH)
            return false;
    }
    return isId(value, 3, 35) && isId(value, 36, 52);
}
/** The trace id of a value that passed `isTraceparent`. */
export function traceIdOf(traceparent) {
    return traceparent.slice(3, 35);
}
/** The id of the caller's span, of a value that passed `isTraceparent`. */
export function parentIdOf(traceparent) {
    return traceparent.slice(36, 52);
}
/** Whether the caller says that it records the trace, of a value that passed `isTraceparent`. */
export function isSampled(traceparent) {
    const digit = traceparent.charCodeAt(54);
    return ((digit <= DIGIT_9 ? digit : digit - LOWER_A + 10) & 1) === 1;
}
/** A `traceparent` of version 00, the only one whose meaning is known. */
export function formatTraceparent(traceId, spanId, sampled) {
    return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
function randomHex(digits) {
    if (position + digits > hex.length) {
        randomFillSync(pool);
        hex = pool.toString('hex');
        position = 0;
    }
    const start = position;
    position = start + digits;
    return hex.slice(start, position);
}
const DASH = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LOWER_A = 0x61;
const LOWER_F = 0x66;
function isHex(value, from, to) {
    for (let at = from; at < to; at++) {
        const code = value.charCodeAt(at);
        if (!((code >= DIGIT_0 && code <= DIGIT_9) || (code >= LOWER_A && code <= LOWER_F)))
            return false;
    }
    return true;
}
function isId(value, from, to) {
    if (!isHex(value, from, to))
        return false;
    for (let at = from; at < to; at++)
        if (value.charCodeAt(at) !== DIGIT_0)
            return true;
    return false;
}
//# sourceMappingURL=trace-context.js.map
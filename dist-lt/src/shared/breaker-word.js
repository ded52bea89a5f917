/**
 * A circuit breaker packed into one 32-bit word, so that every transition is one compare-and-swap and all threads see
 * state and counts together:
 *
 *   bits 0-1   state
 *   bits 2-11  generation: changes with every transition, so that an outcome is credited to the phase it belongs to
 *   bits 12-31 closed: consecutive failures; half-open: permits issued (12-21) and probes that succeeded (22-31)
 */
export const CLOSED = 0;
export const OPEN = 1;
export const HALF_OPEN = 2;
export const MAX_FAILURE_THRESHOLD = 0xfffff;
export const MAX_HALF_OPEN_REQUESTS = 0x3ff;
const GENERATION_MASK = 0x3ff;
export function breakerState(word) {
    return (word & 3);
}
export function generationOf(word) {
    return (word >>> 2) & GENERATION_MASK;
}
/** Of a closed breaker. */
export function failuresOf(word) {
    return word >>> 12;
}
/** Of a half-open breaker. */
export function issuedOf(word) {
    return (word >>> 12) & 0x3ff;
}
/** Of a half-open breaker. */
export function succeededOf(word) {
    return word >>> 22;
}
export function closedWord(generation, failures) {
    return (failures << 12) | ((generation & GENERATION_MASK) << 2) | CLOSED;
}
export function openWord(generation) {
    return ((generation & GENERATION_MASK) << 2) | OPEN;
}
export function halfOpenWord(generation, issued, succeeded) {
    return (succeeded << 22) | (issued << 12) | ((generation & GENERATION_MASK) << 2) | HALF_OPEN;
}
//# sourceMappingURL=breaker-word.js.map
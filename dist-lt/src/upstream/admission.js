export const REFUSED = 0;
export const ADMITTED = 1;
/** The exchange decides whether a half-open breaker closes. */
export const PROBE = 2;
export function isProbe(admission) {
    return (admission & 3) === PROBE;
}
//# sourceMappingURL=admission.js.map
/**
 * What the breaker said to one exchange. Compare with `REFUSED` only: the other two carry the generation of the breaker
 * in their upper bits, so that the outcome is credited to the right phase. Pass the value back as it is to exactly one
 * of `settle` and `release`.
 */
export type Admission = number;

export const REFUSED: Admission = 0;
export const ADMITTED: Admission = 1;
/** The exchange decides whether a half-open breaker closes. */
export const PROBE: Admission = 2;

export function isProbe(admission: Admission): boolean {
  return (admission & 3) === PROBE;
}

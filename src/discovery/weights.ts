/**
 * Weights of backends with a scale of their own (SRV records, Consul: up to 65535), as shares of the largest among the
 * instances of one service, 0 to 100. A weight above `none` stays at least 1.
 *
 * @param none the largest weight that means no traffic: 0, or -1 where 0 is just the smallest weight
 */
export function scaleWeights(weights: readonly number[], none: number): number[] {
  const largest = Math.max(0, ...weights);
  return weights.map((weight) => {
    if (weight <= none) return 0;
    return largest === 0 ? 100 : Math.max(1, Math.round((100 * weight) / largest));
  });
}

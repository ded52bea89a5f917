/** The middle value, or the mean of the two middle ones. NaN for no values. */
export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    if (sorted.length % 2 === 1)
        return sorted[middle];
    return (sorted[middle - 1] + sorted[middle]) / 2;
}
export function spread(values) {
    return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
/**
 * Value over reference, round by round: both were measured seconds apart, so a machine that slows down or speeds up
 * between rounds moves both and leaves the ratio alone.
 */
export function ratios(values, reference) {
    const rounds = Math.min(values.length, reference.length);
    if (rounds === 0)
        return null;
    return spread(values.slice(0, rounds).map((value, round) => value / reference[round]));
}
//# sourceMappingURL=statistics.js.map
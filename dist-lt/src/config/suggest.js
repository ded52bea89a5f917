/** "Did you mean": the closest of the names that would have been right. */
/** ` Did you mean "retries"?` with a leading space, or `''` when nothing is close. */
export function didYouMean(wrong, candidates) {
    const best = closest(wrong, candidates);
    return best === null ? '' : `. Did you mean "${best}"?`;
}
/** The candidate with the fewest typing errors, if they are few for the length of the word. */
export function closest(wrong, candidates) {
    const folded = fold(wrong);
    let best = null;
    let bestDistance = Math.max(1, Math.floor(folded.length / 3)) + 1;
    for (const candidate of candidates) {
        const distance = editDistance(folded, fold(candidate), bestDistance);
        if (distance < bestDistance) {
            best = candidate;
            bestDistance = distance;
        }
    }
    return best;
}
/** `loadBalance`, `load-balance` and `load_balance` are the same word to a person. */
function fold(name) {
    return name.toLowerCase().replaceAll(/[_\s-]/g, '');
}
/** Insertions, deletions, substitutions and swaps of neighbours; stops early and returns `limit` when it is reached. */
export function editDistance(a, b, limit) {
    if (Math.abs(a.length - b.length) >= limit)
        return limit;
    let beforeLast = [];
    let last = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const row = [i];
        let smallest = i;
        for (let j = 1; j <= b.length; j++) {
            const same = a[i - 1] === b[j - 1] ? 0 : 1;
            let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
            if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
                cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
            }
            row.push(cost);
            smallest = Math.min(smallest, cost);
        }
        if (smallest >= limit)
            return limit;
        beforeLast = last;
        last = row;
    }
    return Math.min(last[b.length] ?? limit, limit);
}
//# sourceMappingURL=suggest.js.map
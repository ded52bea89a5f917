/** By chance, in proportion to the weights. */
export class Random {
    pick(candidates) {
        return candidates.positionAt(Math.random());
    }
}
/** Another position than `position`, by chance; the same one if there is no other. */
export function otherPosition(candidates, position) {
    if (candidates.count < 2)
        return position;
    const other = Math.floor(Math.random() * (candidates.count - 1));
    return other < position ? other : other + 1;
}
//# sourceMappingURL=random.js.map
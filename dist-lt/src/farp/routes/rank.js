/** Who wins a path that two services want (7.3): priority, then the higher version, then the name, which is at least stable. */
export function byRank(a, b) {
    return (priorityOf(b) - priorityOf(a) ||
        compareVersions(versionOf(b), versionOf(a)) ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
function priorityOf({ manifest }) {
    return manifest?.routing.priority ?? 50;
}
function versionOf({ manifest }) {
    return manifest?.serviceVersion ?? '';
}
/** Semantic versions; what is none is older than all that are. A release is newer than what led to it. */
export function compareVersions(a, b) {
    const left = parse(a);
    const right = parse(b);
    if (left === null || right === null)
        return Number(left !== null) - Number(right !== null);
    for (let i = 0; i < 3; i++) {
        const difference = left.numbers[i] - right.numbers[i];
        if (difference !== 0)
            return difference;
    }
    if (left.suffix === '' || right.suffix === '')
        return Number(left.suffix === '') - Number(right.suffix === '');
    return left.suffix.localeCompare(right.suffix, 'en', { numeric: true });
}
function parse(text) {
    const match = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([^+]*))?(?:\+.*)?$/.exec(text);
    if (match === null)
        return null;
    const numbers = [match[1], match[2], match[3]].map((digits) => Number(digits ?? 0));
    return { numbers, suffix: match[4] ?? '' };
}
//# sourceMappingURL=rank.js.map
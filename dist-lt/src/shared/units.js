/** The notations for durations and sizes, as the configuration and plugin options use them. */
const DURATION_UNITS = {
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
};
const SIZE_UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmg]?)i?b$/i;
/** 24.8 days: what a timer and an Int32 cell can hold. */
export const MAX_DURATION = 2 ** 31 - 1;
/** Milliseconds of `30s`, `1h30m`, `500ms` or a whole number; null when it is none of them or over `MAX_DURATION`. */
export function parseDuration(value) {
    let milliseconds = 0;
    if (typeof value === 'number' || /^\d+$/.test(value)) {
        milliseconds = Number(value);
        if (!Number.isInteger(milliseconds))
            return null;
    }
    else {
        if (!DURATION.test(value))
            return null;
        for (const [, amount, unit] of value.matchAll(DURATION_PART)) {
            milliseconds += Number(amount) * (DURATION_UNITS[unit ?? ''] ?? 0);
        }
    }
    milliseconds = Math.round(milliseconds);
    return milliseconds >= 0 && milliseconds <= MAX_DURATION ? milliseconds : null;
}
/** Bytes of `64KB`, `1GiB` or a whole number. KB and KiB are both 1024 bytes, as in nginx. */
export function parseSize(value) {
    if (typeof value === 'number' || /^\d+$/.test(value)) {
        const bytes = Number(value);
        return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : null;
    }
    const match = SIZE.exec(value);
    if (match === null)
        return null;
    const bytes = Math.round(Number(match[1]) * (SIZE_UNITS[(match[2] ?? '').toLowerCase()] ?? Number.NaN));
    return Number.isSafeInteger(bytes) ? bytes : null;
}
//# sourceMappingURL=units.js.map
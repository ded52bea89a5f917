/** ISO 8601 timestamps of log lines, UTC with milliseconds. */
let second = Number.NaN;
let prefix = '';
/** Same text as `Date.toISOString`, an order of magnitude cheaper while the second stays the same. `now` is an integer. */
export function timestamp(now) {
    const thisSecond = Math.floor(now / 1000);
    if (thisSecond !== second) {
        second = thisSecond;
        prefix = new Date(thisSecond * 1000).toISOString().slice(0, 20);
    }
    const milliseconds = now - thisSecond * 1000;
    return `${prefix}${milliseconds < 10 ? '00' : milliseconds < 100 ? '0' : ''}${milliseconds}Z`;
}
//# sourceMappingURL=timestamp.js.map
let second = -1;
let text = '';
/** The current IMF-fixdate (RFC 9110 section 5.6.7), made once a second. */
export function httpDate() {
    const now = Date.now();
    const current = Math.floor(now / 1000);
    if (current !== second) {
        second = current;
        text = new Date(now).toUTCString();
    }
    return text;
}
//# sourceMappingURL=http-date.js.map
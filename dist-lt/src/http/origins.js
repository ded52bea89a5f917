/** Which origins (RFC 6454: scheme, host, port) a policy admits: CORS, or WebSocket handshakes of web pages. */
const EXACT = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const PATTERN = /^([a-z][a-z0-9+.-]*:\/\/)(\*\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:\d{1,5}|:\*)?$/;
/** Whether `text` is a legal entry of the `origins` option. */
export function isOriginPattern(text) {
    return text === '*' || text === 'null' || PATTERN.test(text.toLowerCase());
}
export class OriginSet {
    /** True when every origin is admitted. */
    any;
    #exact = new Set();
    #patterns = [];
    constructor(entries) {
        this.any = entries.includes('*');
        for (const entry of entries) {
            const origin = entry.toLowerCase();
            if (origin === 'null' || EXACT.test(origin))
                this.#exact.add(origin);
            else if (origin !== '*')
                this.#patterns.push(compile(origin));
        }
    }
    has(origin) {
        if (this.any || this.#exact.has(origin))
            return true;
        for (const pattern of this.#patterns)
            if (pattern.test(origin))
                return true;
        return false;
    }
}
function compile(pattern) {
    const [, scheme = '', subdomain, host = '', port = ''] = PATTERN.exec(pattern) ?? [];
    // Labels only: `https://evil.com#.example.com` and the like must never count as a subdomain.
    const labels = subdomain === undefined ? '' : '(?:[a-z0-9_-]+\\.)+';
    return new RegExp(`^${quote(scheme)}${labels}${quote(host)}${port === ':*' ? '(?::\\d{1,5})?' : quote(port)}$`);
}
function quote(text) {
    return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
//# sourceMappingURL=origins.js.map
/** Primary side: log lines for people, for `logging.format: text`. Made from the JSON line, so that both say the same. */
const COLORS = { debug: '36', info: '32', warn: '33', error: '31' };
/** Shown at their own place. */
const PLACED = new Set(['timestamp', 'level', 'message', 'stack']);
/** Of a request the same, and the trace id, which is of no use to someone who watches a terminal. */
const PLACED_OF_REQUEST = new Set([...PLACED, 'method', 'path', 'status', 'duration_ms', 'trace_id']);
/** `json` is one log line without its line feed. A line that is no JSON object is passed on as it is. */
export function textLine(json, colors) {
    const fields = parseObject(json);
    if (fields === null)
        return `${printable(json)}\n`;
    const level = String(fields['level']);
    const time = String(fields['timestamp']).slice(11, 23);
    const name = level.toUpperCase().padEnd(5);
    const isRequest = typeof fields['method'] === 'string' && typeof fields['status'] === 'number';
    const headline = isRequest
        ? `${fields['method']} ${fields['path']} ${fields['status']} ${fields['duration_ms']}ms`
        : String(fields['message']);
    let line = `${time} ${colors ? paint(name, COLORS[level] ?? '0') : name} ${printable(headline)}`;
    const placed = isRequest ? PLACED_OF_REQUEST : PLACED;
    for (const [key, value] of Object.entries(fields)) {
        if (placed.has(key))
            continue;
        const text = ` ${printable(key)}=${quoted(value)}`;
        line += colors ? paint(text, '2') : text;
    }
    line += '\n';
    // The only field that may have several lines.
    const stack = fields['stack'];
    if (typeof stack === 'string')
        for (const frame of stack.split('\n'))
            line += `    ${printable(frame)}\n`;
    return line;
}
function parseObject(json) {
    try {
        const value = JSON.parse(json);
        return typeof value === 'object' && value !== null ? value : null;
    }
    catch {
        return null;
    }
}
function quoted(value) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return /^[^\s"=]+$/.test(text) ? printable(text) : printable(JSON.stringify(text));
}
/** What came from the network must not move the cursor, change colours or reverse the text of a terminal. */
function printable(text) {
    return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
function paint(text, code) {
    return `\x1b[${code}m${text}\x1b[0m`;
}
//# sourceMappingURL=text-line.js.map
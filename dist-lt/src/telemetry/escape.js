/** Strings of log lines. */
const UNSAFE = /[^ !#-[\]-~]/;
const EACH_UNSAFE = /[^ !#-[\]-~]/g;
/**
 * The inside of a JSON string, in pure ASCII. Everything outside printable ASCII is escaped, also what JSON itself would
 * allow: a log line goes to terminals, where C1 control characters and bidirectional marks from a request could act.
 */
export function escaped(value) {
    return UNSAFE.test(value) ? value.replace(EACH_UNSAFE, escapeOne) : value;
}
function escapeOne(character) {
    switch (character) {
        case '"':
            return '\\"';
        case '\\':
            return '\\\\';
        case '\n':
            return '\\n';
        case '\r':
            return '\\r';
        case '\t':
            return '\\t';
        default:
            return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }
}
//# sourceMappingURL=escape.js.map
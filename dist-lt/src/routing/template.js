/**
 * Matches one path segment, from its first parameter on, against the literals between and after its parameters.
 * Every parameter takes at least one character; all but the last take as few as possible. Taking the leftmost place
 * for each inner literal finds a match whenever there is one, so nothing is ever tried twice.
 *
 * @param template reference of the template in `words`
 * @param starts captured offsets are put here from `depth` on, also in `ends`
 * @returns the number of parameters captured, 0 when the segment does not match
 */
export function matchTemplate(words, bytes, template, path, from, end, starts, ends, depth) {
    const count = words[template];
    const suffixAt = template + 2 * count - 1;
    const suffixLength = words[suffixAt + 1];
    const lastEnd = end - suffixLength;
    if (lastEnd <= from || !hasLiteral(bytes, words[suffixAt], suffixLength, path, lastEnd))
        return 0;
    let at = from;
    for (let i = 0; i < count - 1; i++) {
        const literal = words[template + 1 + 2 * i];
        const length = words[template + 2 + 2 * i];
        let found = at + 1;
        // The last parameter needs a character behind this literal.
        const limit = lastEnd - length - 1;
        while (found <= limit && !hasLiteral(bytes, literal, length, path, found))
            found++;
        if (found > limit)
            return 0;
        starts[depth + i] = at;
        ends[depth + i] = found;
        at = found + length;
    }
    starts[depth + count - 1] = at;
    ends[depth + count - 1] = lastEnd;
    return count;
}
function hasLiteral(bytes, literal, length, path, at) {
    for (let i = 0; i < length; i++) {
        if (bytes[literal + i] !== path.charCodeAt(at + i))
            return false;
    }
    return true;
}
//# sourceMappingURL=template.js.map
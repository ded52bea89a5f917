export function latin1(buffer, start, end) {
    return buffer.latin1Slice(start, end);
}
//# sourceMappingURL=latin1.js.map
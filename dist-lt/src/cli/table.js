/** Columns padded to their widest cell; the last one is not padded, so that lines have no trailing spaces. */
export function table(rows, indent = '') {
    const widths = [];
    for (const row of rows) {
        row.forEach((cell, i) => {
            widths[i] = Math.max(widths[i] ?? 0, cell.length);
        });
    }
    return rows
        .map((row) => `${indent}${row.map((cell, i) => cell.padEnd(widths[i])).join('  ')}`.trimEnd())
        .join('\n');
}
//# sourceMappingURL=table.js.map
/**
 * Tells caches that the response depends on a request field (RFC 9110 section 12.5.5), beside what Vary already says.
 */
export function addVary(headers, field) {
    const first = headers.get('Vary');
    if (first !== undefined) {
        const wanted = field.toLowerCase();
        for (const value of headers.getAll('Vary')) {
            for (const member of value.split(',')) {
                const name = member.trim();
                if (name === '*' || name.toLowerCase() === wanted)
                    return;
            }
        }
    }
    headers.append('Vary', field);
}
//# sourceMappingURL=vary.js.map
import { isIPv4 } from 'node:net';
/** The 4 or 16 bytes of a valid IP literal, in network order. */
export function parseAddress(ip) {
    if (isIPv4(ip))
        return Uint8Array.from(ip.split('.'), Number);
    const [head = '', tail] = ip.split('::');
    const left = groups(head);
    const right = tail === undefined ? [] : groups(tail);
    const bytes = new Uint8Array(16);
    bytes.set(left, 0);
    bytes.set(right, 16 - right.length);
    return bytes;
}
/** `1:2:a.b.c.d` -> bytes. */
function groups(text) {
    if (text === '')
        return [];
    return text.split(':').flatMap((group) => {
        if (group.includes('.'))
            return group.split('.').map(Number);
        const value = Number.parseInt(group, 16);
        return [value >> 8, value & 0xff];
    });
}
//# sourceMappingURL=address.js.map
/** IP addresses as numbers, and sets of address blocks that are searched in well under a microsecond. */
const DOT = 46;
const COLON = 58;
/**
 * Reads an address into `words` (four 32-bit words; an IPv4 address uses the last one). An IPv4-mapped IPv6 address
 * counts as the IPv4 address it stands for, so that a block or key for one spelling holds for both. A zone
 * (`fe80::1%eth0`) is ignored.
 *
 * @returns 4, 6, or 0 when the text is no address
 */
export function parseIp(text, words) {
    if (text.indexOf(':') < 0) {
        const value = parseIpv4(text, 0, text.length);
        if (value < 0)
            return 0;
        setWords(words, 0, 0, 0xffff, value);
        return 4;
    }
    const zone = text.indexOf('%');
    if (!parseIpv6(text, zone < 0 ? text.length : zone, words))
        return 0;
    return words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? 4 : 6;
}
function setWords(words, a, b, c, d) {
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}
/** The address in `text[start, end)` as an unsigned number, or -1. Leading zeros are refused: some read them as octal. */
function parseIpv4(text, start, end) {
    let value = 0;
    let octet = -1;
    let dots = 0;
    for (let i = start; i < end; i++) {
        const code = text.charCodeAt(i);
        if (code === DOT) {
            if (octet < 0 || dots === 3)
                return -1;
            value = value * 256 + octet;
            octet = -1;
            dots++;
        }
        else {
            const digit = code - 48;
            if (digit < 0 || digit > 9 || octet === 0)
                return -1;
            octet = octet < 0 ? digit : octet * 10 + digit;
            if (octet > 255)
                return -1;
        }
    }
    return octet < 0 || dots !== 3 ? -1 : value * 256 + octet;
}
const groups = new Uint16Array(8);
function parseIpv6(text, end, words) {
    let count = 0;
    let gap = -1;
    let at = 0;
    if (text.charCodeAt(0) === COLON) {
        if (text.charCodeAt(1) !== COLON)
            return false;
        gap = 0;
        at = 2;
    }
    while (at < end) {
        if (count === 8)
            return false;
        const start = at;
        let value = 0;
        let code = text.charCodeAt(at);
        for (; at < end && code !== COLON && code !== DOT; code = text.charCodeAt(++at)) {
            const digit = hexDigit(code);
            if (digit < 0 || at - start === 4)
                return false;
            value = value * 16 + digit;
        }
        if (at < end && code === DOT) {
            const tail = parseIpv4(text, start, end);
            if (tail < 0 || count > 6)
                return false;
            groups[count++] = tail >>> 16;
            groups[count++] = tail & 0xffff;
            at = end;
            break;
        }
        if (at === start)
            return false;
        groups[count++] = value;
        if (at === end)
            break;
        at++;
        if (at < end && text.charCodeAt(at) === COLON) {
            if (gap >= 0)
                return false;
            gap = count;
            at++;
        }
        else if (at === end) {
            return false;
        }
    }
    if (gap < 0 ? count !== 8 : count > 7)
        return false;
    if (gap >= 0) {
        groups.copyWithin(gap + 8 - count, gap, count);
        groups.fill(0, gap, gap + 8 - count);
    }
    for (let i = 0; i < 4; i++)
        words[i] = groups[i * 2] * 0x10000 + groups[i * 2 + 1];
    return true;
}
function hexDigit(code) {
    if (code >= 48 && code <= 57)
        return code - 48;
    const lower = code | 0x20;
    return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
/** Keeps the first `bits` bits of an address and clears the others. */
export function maskWords(words, bits) {
    for (let i = 0; i < 4; i++)
        words[i] = words[i] & wordMask(bits - i * 32);
}
function wordMask(bits) {
    if (bits <= 0)
        return 0;
    return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}
/**
 * A set of address blocks. Blocks become sorted ranges without overlap, so a lookup is one binary search however many
 * there are.
 */
export class IpSet {
    /** Eight words for each range: first address, last address. */
    #ranges;
    size;
    /**
     * @param blocks addresses and CIDR blocks, v4 and v6
     * @throws TypeError naming the first entry that is neither
     */
    constructor(blocks) {
        const ranges = merge(blocks.map(parseBlock));
        this.size = ranges.length;
        this.#ranges = new Uint32Array(ranges.length * 8);
        ranges.forEach((range, i) => {
            this.#ranges.set(range.first, i * 8);
            this.#ranges.set(range.last, i * 8 + 4);
        });
    }
    /** Whether a block holds the address; false for text that is no address. */
    has(address) {
        if (this.size === 0 || parseIp(address, scratch) === 0)
            return false;
        return this.#find(scratch);
    }
    #find(words) {
        const ranges = this.#ranges;
        let low = 0;
        let high = this.size - 1;
        while (low <= high) {
            const middle = (low + high) >>> 1;
            if (compare(words, ranges, middle * 8) < 0)
                high = middle - 1;
            else if (compare(words, ranges, middle * 8 + 4) > 0)
                low = middle + 1;
            else
                return true;
        }
        return false;
    }
}
const scratch = new Uint32Array(4);
function parseBlock(block) {
    const slash = block.indexOf('/');
    const first = new Uint32Array(4);
    const address = slash < 0 ? block : block.slice(0, slash);
    const family = address.indexOf('%') < 0 ? parseIp(address, first) : 0;
    if (family === 0)
        throw new TypeError(`"${block}" is no IP address or CIDR block`);
    // A mapped block (::ffff:10.0.0.0/104) counts its bits from the IPv6 start, a plain one (10.0.0.0/8) from the IPv4 one.
    const shift = address.indexOf(':') < 0 ? 96 : 0;
    const prefix = slash < 0 ? 128 : parsePrefix(block.slice(slash + 1), shift);
    if (prefix < 0)
        throw new TypeError(`"${block}" has no valid prefix length`);
    maskWords(first, prefix);
    const last = new Uint32Array(4);
    for (let i = 0; i < 4; i++)
        last[i] = first[i] | ~wordMask(prefix - i * 32);
    return { first, last };
}
function parsePrefix(text, shift) {
    if (!/^\d{1,3}$/.test(text))
        return -1;
    const bits = Number(text) + shift;
    return bits <= 128 ? bits : -1;
}
function merge(ranges) {
    const sorted = [...ranges].sort((a, b) => compare(a.first, b.first, 0));
    const merged = [];
    for (const range of sorted) {
        const previous = merged.at(-1);
        if (previous !== undefined && compare(range.first, previous.last, 0) <= 0) {
            if (compare(range.last, previous.last, 0) > 0)
                previous.last.set(range.last);
        }
        else {
            merged.push(range);
        }
    }
    return merged;
}
function compare(words, other, at) {
    for (let i = 0; i < 4; i++) {
        const a = words[i];
        const b = other[at + i];
        if (a !== b)
            return a < b ? -1 : 1;
    }
    return 0;
}
//# sourceMappingURL=ip.js.map
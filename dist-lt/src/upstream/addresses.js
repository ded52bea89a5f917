import { isIP } from 'node:net';
/** The addresses that the primary has resolved, handed out in turn. */
export class Addresses {
    #book = {};
    #turn = 0;
    set(book) {
        this.#book = book;
    }
    address(host) {
        const literal = stripBrackets(host);
        if (isIP(literal) !== 0)
            return literal;
        const known = this.#book[host];
        if (known === undefined || known.length === 0)
            return '';
        this.#turn = (this.#turn + 1) >>> 0;
        return known[this.#turn % known.length];
    }
    isCurrent(host, address) {
        if (stripBrackets(host) === address)
            return true;
        return this.#book[host]?.includes(address) ?? false;
    }
}
function stripBrackets(host) {
    return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
//# sourceMappingURL=addresses.js.map
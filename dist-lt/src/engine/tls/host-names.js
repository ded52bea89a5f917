/** The names a certificate is valid for (RFC 6125 section 6.4): exact, or with `*` for one whole leftmost label. */
export class HostNames {
    #exact = new Set();
    /** What follows the `*`, with its dot. */
    #wildcards = new Set();
    /** @param names lower case */
    constructor(names) {
        for (const name of names) {
            if (name.startsWith('*.'))
                this.#wildcards.add(name.slice(1));
            else
                this.#exact.add(name);
        }
    }
    /** @param host lower case, without port; IPv6 in brackets */
    covers(host) {
        if (this.#exact.has(host))
            return true;
        const dot = host.indexOf('.');
        return dot > 0 && this.#wildcards.has(host.slice(dot));
    }
}
//# sourceMappingURL=host-names.js.map
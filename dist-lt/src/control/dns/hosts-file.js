/** The machine's hosts file. It goes before DNS, as it does for every other program on the machine. */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
/** The file may change under us, but not so often that every lookup has to look. Milliseconds. */
const CHECK_INTERVAL = 1_000;
export class HostsFile {
    #path;
    #names = new Map();
    #stamp = '';
    #checkedAt = Number.NEGATIVE_INFINITY;
    constructor(path = '/etc/hosts') {
        this.#path = path;
    }
    /** Addresses of the name in the order of the file; empty if it is not there. */
    lookup(name) {
        const now = performance.now();
        if (now - this.#checkedAt >= CHECK_INTERVAL) {
            this.#checkedAt = now;
            this.#refresh();
        }
        return this.#names.get(name.toLowerCase()) ?? [];
    }
    #refresh() {
        try {
            const { mtimeMs, size, ino } = statSync(this.#path);
            const stamp = `${mtimeMs} ${size} ${ino}`;
            if (stamp === this.#stamp)
                return;
            this.#names = parseHosts(readFileSync(this.#path, 'utf8'));
            this.#stamp = stamp;
        }
        catch {
            // Minimal containers have no hosts file.
            this.#names = new Map();
            this.#stamp = '';
        }
    }
}
function parseHosts(text) {
    const names = new Map();
    for (const line of text.split('\n')) {
        const [address, ...hosts] = line.replace(/#.*/, '').trim().split(/\s+/);
        if (address === undefined || isIP(address) === 0)
            continue;
        for (const host of hosts) {
            const key = host.toLowerCase();
            const addresses = names.get(key) ?? [];
            if (!addresses.includes(address))
                addresses.push(address);
            names.set(key, addresses);
        }
    }
    return names;
}
//# sourceMappingURL=hosts-file.js.map
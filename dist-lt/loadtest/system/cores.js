import { readFileSync } from 'node:fs';
/** The proxy gets the last cores; origin and load share what is left, or get one each when there are enough. */
export function layOut(allowed, workers) {
    const rest = allowed.slice(0, -workers);
    if (rest.length === 0) {
        const all = allowed.join(',');
        return { proxy: all, origin: all, load: all, loadThreads: 1, overlapping: true };
    }
    const proxy = allowed.slice(-workers).join(',');
    const origin = rest.slice(-Math.ceil(rest.length / 2));
    const load = rest.length > 1 ? rest.slice(0, rest.length - origin.length) : rest;
    return {
        proxy,
        origin: origin.join(','),
        load: load.join(','),
        loadThreads: load.length,
        overlapping: false,
    };
}
/** The cores this process may run on; a container or `taskset` may have taken some away. */
export function allowedCores() {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    return parseCoreList(list);
}
/** `0-2,5` -> [0, 1, 2, 5] */
export function parseCoreList(list) {
    return list.split(',').flatMap((part) => {
        const [first, last = first] = part.split('-').map(Number);
        return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}
//# sourceMappingURL=cores.js.map
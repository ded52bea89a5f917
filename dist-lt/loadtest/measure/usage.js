/** CPU time and memory of a process with all its children, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';
/** Linux reports these in ticks of 10 ms on every architecture that Node supports (USER_HZ). */
const TICK_MS = 10;
export function usageOf(root) {
    let userTicks = 0;
    let systemTicks = 0;
    const threads = new Map();
    for (const pid of processTree(root)) {
        const stat = readOrEmpty(`/proc/${pid}/stat`);
        if (stat === '')
            continue;
        const ticks = parseStat(stat);
        userTicks += ticks.user;
        systemTicks += ticks.system;
        for (const tid of threadsOf(pid)) {
            const nanos = Number.parseInt(readOrEmpty(`/proc/${pid}/task/${tid}/schedstat`), 10);
            if (nanos >= 0)
                threads.set(tid, nanos);
        }
    }
    return { userTicks, systemTicks, threads };
}
/**
 * CPU time between two readings. Ticks are 10 ms coarse, which is 1% of a second; so the sum comes from the threads'
 * nanoseconds as long as no thread has ended in between, and the ticks only tell how it splits.
 */
export function cpuBetween(before, after) {
    const userMs = (after.userTicks - before.userTicks) * TICK_MS;
    const systemMs = (after.systemTicks - before.systemTicks) * TICK_MS;
    const exactMs = threadMsBetween(before.threads, after.threads);
    if (exactMs === null || userMs + systemMs === 0)
        return { userMs, systemMs };
    const scale = exactMs / (userMs + systemMs);
    return { userMs: userMs * scale, systemMs: systemMs * scale };
}
function threadMsBetween(before, after) {
    if (before.size === 0)
        return null;
    for (const tid of before.keys())
        if (!after.has(tid))
            return null;
    let nanos = 0;
    for (const [tid, value] of after)
        nanos += value - (before.get(tid) ?? 0);
    return nanos / 1e6;
}
/** utime + cutime and stime + cstime of a /proc/PID/stat line; the name in it may hold spaces and brackets. */
export function parseStat(stat) {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number) => Number(fields[number - 3]);
    return { user: field(14) + field(16), system: field(15) + field(17) };
}
/** Resident bytes of the process and its children; pages that they share are counted for each. */
export function residentBytes(root) {
    let kilobytes = 0;
    for (const pid of processTree(root)) {
        kilobytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0);
    }
    return kilobytes * 1_024;
}
function processTree(root) {
    const found = [root];
    for (const pid of found) {
        for (const tid of threadsOf(pid)) {
            const children = readOrEmpty(`/proc/${pid}/task/${tid}/children`).trim();
            if (children !== '')
                found.push(...children.split(' ').map(Number));
        }
    }
    return found;
}
function threadsOf(pid) {
    try {
        return readdirSync(`/proc/${pid}/task`);
    }
    catch {
        return [];
    }
}
/** Processes and threads may end while they are being read. */
function readOrEmpty(file) {
    try {
        return readFileSync(file, 'utf8');
    }
    catch {
        return '';
    }
}
//# sourceMappingURL=usage.js.map
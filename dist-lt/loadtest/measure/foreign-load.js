/** How much CPU time went to processes that have nothing to do with the comparison: the number that spoils a run. */
import { readFileSync } from 'node:fs';
import { usageOf } from './usage.js';
export function readMachine() {
    const own = usageOf(process.pid);
    return {
        at: performance.now(),
        busyTicks: busyTicks(readFileSync('/proc/stat', 'utf8')),
        ownTicks: own.userTicks + own.systemTicks,
    };
}
/** In cores: 0.25 means that others used a quarter of one core. */
export function foreignCores(before, after) {
    const ticks = after.busyTicks - before.busyTicks - (after.ownTicks - before.ownTicks);
    return Math.max(0, (ticks * 10) / (after.at - before.at));
}
/** Everything of the first line but idle and waiting for disks; `steal` counts, it is time that was taken from us. */
export function busyTicks(stat) {
    const [user, nice, system, , , irq, softirq, steal] = stat
        .slice(0, stat.indexOf('\n'))
        .split(/\s+/)
        .slice(1)
        .map(Number);
    return user + nice + system + irq + softirq + (steal ?? 0);
}
//# sourceMappingURL=foreign-load.js.map
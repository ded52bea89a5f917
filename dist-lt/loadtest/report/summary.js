/** From rounds to one row per proxy: medians, and ratios to the reference. */
import { median, ratios } from '../statistics.js';
import { cpuMicros, REFERENCE } from './results.js';
/** The rows of a case, the reference's included; none when the case was not measured under load. */
export function summarize(result) {
    if (result.proxies.every((proxy) => proxy.rounds.length === 0))
        return [];
    const reference = result.proxies.find((proxy) => proxy.name === REFERENCE);
    return result.proxies.map((proxy) => summarizeProxy(proxy, reference));
}
function summarizeProxy({ name, version, rounds, memory }, reference) {
    return {
        name,
        version,
        requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
        cpuMicros: median(rounds.map(cpuMicros)),
        userMicros: median(rounds.map((round) => round.userMicros)),
        systemMicros: median(rounds.map((round) => round.systemMicros)),
        p50: median(rounds.map((round) => round.p50)),
        p99: median(rounds.map((round) => round.p99)),
        p999: median(rounds.map((round) => round.p999)),
        errors: rounds.reduce((sum, round) => sum + round.errors, 0),
        residentBytes: memory.resident,
        ratio: reference ? ratios(rounds.map(cpuMicros), reference.rounds.map(cpuMicros)) : null,
        saturated: median(rounds.map((round) => round.busy)) >= 0.85,
    };
}
export function summarizeFixedRate(result) {
    return result.proxies
        .filter((proxy) => proxy.fixedRate.length > 0)
        .map(({ name, fixedRate }) => ({
        name,
        requestsPerSecond: median(fixedRate.map((round) => round.requestsPerSecond)),
        p50: median(fixedRate.map((round) => round.p50)),
        p99: median(fixedRate.map((round) => round.p99)),
        p999: median(fixedRate.map((round) => round.p999)),
        errors: fixedRate.reduce((sum, round) => sum + round.errors, 0),
    }));
}
/** The noisiest moment of a case, in cores. */
export function foreignCoresIn(result) {
    return Math.max(0, ...result.proxies.flatMap((proxy) => proxy.rounds.map((round) => round.foreignCores)));
}
//# sourceMappingURL=summary.js.map
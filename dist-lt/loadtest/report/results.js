export const REFERENCE = 'nginx';
export function cpuMicros(round) {
    return round.userMicros + round.systemMicros;
}
//# sourceMappingURL=results.js.map
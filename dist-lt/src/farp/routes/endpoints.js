/** Parts of a percent: weights are whole numbers, and a share is divided among many instances. */
const SCALE = 100;
const ROUTABLE = new Set(['healthy', 'degraded']);
/**
 * Those that take traffic: healthy or degraded, and no shadows, which only ever get copies. Weights share the traffic; a
 * canary deployment gets the percentage that it states, however many instances it has.
 */
export function endpointsOf(instances) {
    const usable = instances.filter(isRoutable);
    const weights = usable.map(weightOf);
    const groups = deploymentGroups(usable);
    if (groups.length === 0)
        return merge(usable, weights);
    const shares = usable.map(() => 0);
    for (const { members, percent } of groups)
        share(members, weights, percent, shares);
    const canaries = new Set(groups.flatMap(({ members }) => members));
    const others = usable.map((_, index) => index).filter((index) => !canaries.has(index));
    const left = 100 - groups.reduce((sum, { percent }) => sum + percent, 0);
    share(others, weights, Math.max(0, left), shares);
    return merge(usable, shares);
}
function isRoutable({ status, manifest, weight }) {
    const stated = manifest?.instance;
    if (!ROUTABLE.has(status) || weight <= 0)
        return false;
    if (stated === null || stated === undefined)
        return true;
    return (stated.status === '' || ROUTABLE.has(stated.status)) && stated.role !== 'shadow';
}
/** A backend that knows weights has the last word, since it can be changed while the service runs. */
function weightOf({ weight, manifest }) {
    return weight !== 100 ? weight : (manifest?.instance?.weight ?? weight);
}
function deploymentGroups(instances) {
    const groups = new Map();
    instances.forEach(({ manifest }, index) => {
        const deployment = manifest?.instance?.deployment ?? null;
        // 100 percent of a rolling deployment says nothing about the others.
        if (deployment === null || deployment.trafficPercent < 0 || deployment.trafficPercent >= 100)
            return;
        const group = groups.get(deployment.id);
        if (group === undefined)
            groups.set(deployment.id, { members: [index], percent: deployment.trafficPercent });
        else
            group.members.push(index);
    });
    return [...groups.values()];
}
function share(members, weights, percent, shares) {
    const sum = members.reduce((running, index) => running + weights[index], 0);
    for (const index of members) {
        const part = sum === 0 ? 0 : (percent * SCALE * weights[index]) / sum;
        shares[index] = part === 0 ? 0 : Math.max(1, Math.round(part));
    }
}
/** Two backends may know the same instance: it is one endpoint. */
function merge(instances, shares) {
    const endpoints = new Map();
    instances.forEach(({ host, port, tls }, index) => {
        const weight = shares[index];
        if (weight === 0)
            return;
        const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
        const earlier = endpoints.get(address);
        if (earlier === undefined || earlier.weight < weight) {
            endpoints.set(address, { address, host, port, tls, weight, slot: -1 });
        }
    });
    return [...endpoints.values()];
}
//# sourceMappingURL=endpoints.js.map
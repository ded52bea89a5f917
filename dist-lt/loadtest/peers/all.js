import { caddy } from './caddy.js';
import { envoy } from './envoy.js';
import { fastify } from './fastify.js';
import { haproxy } from './haproxy.js';
import { nginx } from './nginx.js';
import { nodeUndici } from './node-undici.js';
import { octopus } from './octopus.js';
/**
 * @param octopusProgram `src/cli/main.js` of the build to measure
 * @param wanted names, or none for all
 * @throws Error when a wanted name is unknown
 */
export function findPeers(octopusProgram, wanted) {
    const all = [octopus(octopusProgram), nginx, haproxy, envoy, caddy, nodeUndici, fastify];
    const unknown = wanted.find((name) => !all.some((peer) => peer.name === name));
    if (unknown !== undefined)
        throw new Error(`--peers: there is no ${unknown}; there are ${all.map((p) => p.name).join(' ')}`);
    const found = [];
    const missing = [];
    for (const peer of all) {
        if (wanted.length > 0 && !wanted.includes(peer.name))
            continue;
        const version = peer.findVersion();
        if (version === null)
            missing.push(peer);
        else
            found.push({ peer, version });
    }
    return { found, missing };
}
//# sourceMappingURL=all.js.map
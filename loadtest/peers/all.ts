import { caddy } from './caddy.ts';
import { envoy } from './envoy.ts';
import { fastify } from './fastify.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { nodeUndici } from './node-undici.ts';
import { octopus } from './octopus.ts';
import type { Peer } from './peer.ts';

export interface FoundPeer {
  readonly peer: Peer;
  readonly version: string;
}

/**
 * @param octopusProgram `src/cli/main.js` of the build to measure
 * @param wanted names, or none for all
 * @throws Error when a wanted name is unknown
 */
export function findPeers(
  octopusProgram: string,
  wanted: readonly string[],
): { found: FoundPeer[]; missing: Peer[] } {
  const all = [
    octopus(octopusProgram),
    octopus(octopusProgram, 'uws'),
    nginx,
    haproxy,
    envoy,
    caddy,
    nodeUndici,
    fastify,
  ];
  const unknown = wanted.find((name) => !all.some((peer) => peer.name === name));
  if (unknown !== undefined)
    throw new Error(`--peers: there is no ${unknown}; there are ${all.map((p) => p.name).join(' ')}`);
  const found: FoundPeer[] = [];
  const missing: Peer[] = [];
  for (const peer of all) {
    if (wanted.length > 0 && !wanted.includes(peer.name)) continue;
    const version = peer.findVersion();
    if (version === null) missing.push(peer);
    else found.push({ peer, version });
  }
  return { found, missing };
}

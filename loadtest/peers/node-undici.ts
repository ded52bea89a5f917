import { fileURLToPath } from 'node:url';
import { isPlainHttp1 } from '../cases.ts';
import type { Launch, Peer, Setup } from './peer.ts';

const SERVER = fileURLToPath(new URL('./node-undici-server.js', import.meta.url));

/** What most people would write in Node: node:http in front, undici's pool behind. */
export const nodeUndici: Peer = {
  name: 'node-undici',
  hint: 'npm install',
  findVersion: () => process.versions.node,
  prepare({ scenario, port, originPort }: Setup): Launch | null {
    if (!isPlainHttp1(scenario)) return null;
    if (scenario.plugins > 0 || scenario.routes > 0 || scenario.reload || scenario.workers > 1) return null;
    return { command: process.execPath, args: [SERVER, String(port), String(originPort)] };
  },
};

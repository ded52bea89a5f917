import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isPlainHttp1 } from '../cases.ts';
import type { Launch, Peer, Setup } from './peer.ts';

const SERVER = fileURLToPath(new URL('./fastify-server.js', import.meta.url));

/** The gateway that Fastify users get from a package. Not a dependency of this project: measured when it is there. */
export const fastify: Peer = {
  name: 'fastify',
  hint: 'npm install --no-save fastify @fastify/http-proxy',
  findVersion() {
    const require = createRequire(import.meta.url);
    try {
      require.resolve('fastify');
      return (require('@fastify/http-proxy/package.json') as { version: string }).version;
    } catch {
      return null;
    }
  },
  prepare({ scenario, port, originPort }: Setup): Launch | null {
    if (!isPlainHttp1(scenario)) return null;
    if (scenario.plugins > 0 || scenario.routes > 0 || scenario.reload || scenario.workers > 1) return null;
    return { command: process.execPath, args: [SERVER, String(port), String(originPort)] };
  },
};

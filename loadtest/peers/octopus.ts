import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EngineName } from '../../src/shared/messages.ts';
import { type Case, isPlainHttp1, routePrefix } from '../cases.ts';
import { get } from '../system/probe.ts';
import { version } from '../system/tools.ts';
import { type Launch, MAX_CONNECTIONS, type Peer, type Setup } from './peer.ts';

/** @param program `src/cli/main.js` of a build */
export function octopus(program: string, engine: EngineName = 'builtin'): Peer {
  return {
    name: engine === 'builtin' ? 'octopus' : `octopus-${engine}`,
    hint: 'npm run build',
    findVersion: () => version(process.execPath, [program, 'version'], /(\d+\.\d+\.\d+\S*)/),
    prepare(setup: Setup): Launch | null {
      if (!isPlainHttp1(setup.scenario) && engine === 'uws') return null;
      const file = path.join(setup.directory, 'octopus.json');
      let generation = 0;
      const write = () => writeFileSync(file, JSON.stringify(configuration(setup, generation++)));
      write();
      return {
        command: process.execPath,
        args: [program, 'run', '-c', file, '--engine', engine, '--workers', String(setup.scenario.workers)],
        reload: write,
        workerRequests: () => workerRequests(setup.adminPort),
      };
    },
  };
}

async function workerRequests(adminPort: number): Promise<number[]> {
  const { body } = await get(adminPort, '/metrics');
  const lines = body.matchAll(/^octopus_worker_requests_total\{worker="(\d+)"\} (\d+)$/gm);
  const counts: number[] = [];
  for (const [, worker, count] of lines) counts[Number(worker)] = Number(count);
  return counts;
}

/** Defaults everywhere: metrics, request id, trace context, health and circuit breaker are on. */
function configuration(setup: Setup, generation: number): object {
  const { scenario, port, originPort, adminPort, certificate } = setup;
  return {
    server: {
      host: '127.0.0.1',
      ...(certificate ? { http_port: 0, https_port: port } : { http_port: port }),
      admin_port: adminPort,
      limits: { connections: MAX_CONNECTIONS },
    },
    ...(certificate ? { tls: { enabled: true, ...certificate } } : {}),
    observability: { logging: { level: 'warn', access_log: { enabled: false } }, metrics: { enabled: true } },
    upstreams: [{ name: 'origin', endpoints: [`127.0.0.1:${originPort}`], ...upstream(scenario) }],
    ...middleware(scenario),
    routes: routes(scenario, generation),
  };
}

function upstream({ client, pipelining }: Case): object {
  return client === 'grpc' ? { protocol: 'h2' } : { pipelining };
}

/** The timeout changes with each generation, so that a reload has something to do. */
function routes({ routes: count }: Case, generation: number): object[] {
  const action = { upstream: 'origin', timeout: `${30 + (generation % 2)}s` };
  if (count === 0) return [{ path: '/*', ...action }];
  return Array.from({ length: count }, (_, index) => ({ path: `${routePrefix(index)}{id}`, ...action }));
}

function middleware({ plugins }: Case): object {
  if (plugins === 0) return {};
  const all = [
    { name: 'headers', config: { request: { set: { 'x-loadtest': '1' } } } },
    { name: 'ip-filter', config: { allow: ['127.0.0.0/8'] } },
    { name: 'rate-limit', config: { limit: 1_000_000, window: '1s', key: ['ip'] } },
  ];
  const used = all.slice(0, plugins);
  return { middleware: used.map((plugin) => plugin.name), plugins: used };
}

/**
 * A service in Go, built with the public FARP library and never told of this gateway, behind it: by push, by multicast DNS
 * and through etcd. The discovery part of Forge is on no module proxy, so the program writes what Forge is known to write.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EtcdServer } from '../discovery/etcd-server.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';

const SOURCE = fileURLToPath(new URL('../../../test/interop/go-service/', import.meta.url));
const BUILD_PATIENCE = 150_000;

describe('a service in Go with the FARP library', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-go-service-'));
  const binary = path.join(folder, 'service');
  const running: ChildProcess[] = [];
  const gateways: Gateway[] = [];
  let missing = '';

  before(
    () => {
      try {
        execFileSync('go', ['build', '-o', binary, '.'], {
          cwd: SOURCE,
          timeout: BUILD_PATIENCE,
          stdio: 'pipe',
        });
      } catch (error) {
        const reason = (error as { stderr?: Buffer }).stderr?.toString().trim().split('\n').at(-1);
        missing = `cannot build it: ${reason || (error as Error).message}`;
      }
    },
    { timeout: BUILD_PATIENCE + 10_000 },
  );
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    for (const gateway of gateways) await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (mode: string, at: string): ChildProcess => {
    const child = spawn(binary, ['-mode', mode, '-at', at], { stdio: ['ignore', 'ignore', 'inherit'] });
    running.push(child);
    return child;
  };
  const gatewayWith = async (discovery: object = {}): Promise<Gateway> => {
    const config: GatewayConfig = { farp: { enabled: true, watch_interval: '300ms' }, discovery };
    const gateway = await startGateway(config, { workers: 1 });
    gateways.push(gateway);
    return gateway;
  };

  /** There, described, and gone when it says goodbye. */
  const comesAndGoes = async (gateway: Gateway, child: ChildProcess): Promise<void> => {
    const url = `http://127.0.0.1:${gateway.port}/gophers/gophers/7`;
    await eventually(async () => (await fetch(url)).status === 200, 'the route');
    assert.deepEqual(await (await fetch(url)).json(), { from: 'gophers' });
    const admin = `http://127.0.0.1:${gateway.adminPort}`;
    const document = (await (await fetch(`${admin}/_/openapi.json`)).json()) as { paths: object };
    assert.deepEqual(Object.keys(document.paths), ['/gophers/gophers/{id}']);
    const service = (await (await fetch(`${admin}/_/services/gophers`)).json()) as { problems?: unknown[] };
    assert.deepEqual(service.problems ?? [], [], 'hash and checksum of the library are right');
    child.kill('SIGTERM');
    await eventually(async () => (await fetch(url)).status === 404, 'the route to be gone', 20_000);
  };

  it('by push, with a goodbye by name', async (context) => {
    if (missing !== '') return context.skip(missing);
    const gateway = await gatewayWith();
    await comesAndGoes(gateway, start('push', `http://127.0.0.1:${gateway.port}`));
  });

  it('by multicast DNS', async (context) => {
    if (missing !== '') return context.skip(missing);
    const mdns = { service_types: ['_farp._tcp'], interface: '127.0.0.1', query_interval: '1s' };
    await comesAndGoes(await gatewayWith({ backend: 'mdns', mdns }), start('mdns', ''));
  });

  it('through etcd', async (context) => {
    if (missing !== '') return context.skip(missing);
    const server = await EtcdServer.start();
    if ('missing' in server) return context.skip(server.missing);
    try {
      const url = `http://127.0.0.1:${server.port}`;
      const gateway = await gatewayWith({ backend: 'etcd', etcd: { endpoints: [url] } });
      await comesAndGoes(gateway, start('etcd', url));
    } finally {
      await server.stop();
    }
  });
});

/** The merged documents of services through a running gateway, and the page that shows them in a real browser. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { validate as readmeValidate } from '@readme/openapi-parser';
import { validate as scalarValidate } from '@scalar/openapi-parser';
import { parse } from 'yaml';
import { CHROMIUM_FLAGS } from '../support/chromium.ts';
import { FarpService, listed } from '../support/farp-service.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { findProgram } from '../support/programs.ts';

interface OpenApi {
  readonly servers: { url: string }[];
  readonly paths: Record<string, unknown>;
}

let gateway: Gateway;
const services: FarpService[] = [];

before(async () => {
  services.push(
    await FarpService.start({ name: 'orders', paths: ['/orders', '/orders/{id}'] }),
    await FarpService.start({ name: 'users', paths: ['/people'] }),
    await FarpService.start({
      name: 'rooms',
      manifest: { routing: { strategy: 'custom', base_path: '/chat/v1' } },
      paths: ['/rooms'],
    }),
  );
  gateway = await startGateway({
    farp: {
      enabled: true,
      watch_interval: '200ms',
      docs: { title: 'Shop', public_url: 'https://api.example.com' },
    },
    discovery: { backend: 'static', static: { services: services.map((service) => listed([service])) } },
  });
  await eventually(
    async () => Object.keys((await openApi()).paths).length === 4,
    'all services to be described',
  );
});

after(async () => {
  await gateway.stop();
  for (const service of services) await service.close();
});

const url = (target: string): string => `http://127.0.0.1:${gateway.adminPort}${target}`;
const openApi = async (): Promise<OpenApi> => (await (await fetch(url('/_/openapi.json'))).json()) as OpenApi;

describe('merged documents', () => {
  it('describe every service below its mount; two validators agree', async () => {
    const document = await openApi();
    assert.deepEqual(Object.keys(document.paths).toSorted(), [
      '/chat/v1/rooms',
      '/orders/orders',
      '/orders/orders/{id}',
      '/users/people',
    ]);
    assert.deepEqual(document.servers, [{ url: 'https://api.example.com' }]);
    assert.equal((await readmeValidate(structuredClone(document) as never)).valid, true);
    assert.deepEqual((await scalarValidate(structuredClone(document) as never)).errors ?? [], []);
    const yaml: unknown = parse(await (await fetch(url('/_/openapi.yaml'))).text());
    assert.deepEqual(yaml, document);
    for (const described of Object.keys(document.paths)) {
      const response = await fetch(`http://127.0.0.1:${gateway.port}${described.replace('{id}', '7')}`);
      assert.equal(response.status, 200, described);
      await response.arrayBuffer();
    }
  });

  it('have a tag that changes with a schema and not without', async () => {
    const first = await fetch(url('/_/openapi.json'));
    await first.arrayBuffer();
    const etag = first.headers.get('etag') ?? '';
    const same = await fetch(url('/_/openapi.json'), { headers: { 'if-none-match': etag } });
    assert.equal(same.status, 304);
    services[1]!.change(['/people', '/teams']);
    await eventually(async () => '/users/teams' in (await openApi()).paths, 'the change');
    const changed = await fetch(url('/_/openapi.json'), { headers: { 'if-none-match': etag } });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
    await changed.arrayBuffer();
  });

  it('are a page in a browser that needs no other server', { timeout: 120_000 }, async (context) => {
    const chromium = await findProgram('chromium');
    if ('missing' in chromium) return context.skip(chromium.missing);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-docs-page-'));
    try {
      const shot = path.join(folder, 'page.png');
      const args = [
        ...CHROMIUM_FLAGS,
        `--user-data-dir=${folder}/profile`,
        // Anything but the gateway would be a server that the page must not need.
        '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
        '--virtual-time-budget=20000',
        '--window-size=1200,1600',
        `--screenshot=${shot}`,
        '--dump-dom',
        url('/_/docs'),
      ];
      const { stdout } = await promisify(execFile)(chromium.path, args, {
        timeout: 100_000,
        maxBuffer: 32e6,
      });
      for (const text of ['Shop', '/orders/orders/', '/chat/v1/rooms', '/users/people']) {
        assert.ok(
          stdout.replaceAll('\u200b', '').replaceAll('<wbr>', '').includes(text),
          `${text} on the page`,
        );
      }
      const png = readFileSync(shot);
      assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from('PNG')]);
      assert.ok(png.length > 20_000, `${png.length} bytes: the page looks empty`);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

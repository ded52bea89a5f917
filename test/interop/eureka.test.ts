/**
 * A real Eureka server (Spring Cloud, from Maven artifacts) instead of the one in ../fakes. Building and starting it takes a
 * minute, so it only runs with OCTOPUS_SOAK=1; `OCTOPUS_EUREKA_JAR` names one that is built already.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eurekaSettings } from '../../src/config/schema/discovery-eureka.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import type { Provider } from '../../src/discovery/provider.ts';
import { RecordingSink } from '../discovery/recording-sink.ts';
import { eventually } from '../support/gateway.ts';
import { reservePort } from '../support/ports.ts';
import { Running } from '../support/programs.ts';

const SOURCE = fileURLToPath(new URL('../../../test/interop/eureka-server/', import.meta.url));
const BUILD_PATIENCE = 600_000;
const START_PATIENCE = 120_000;

describe('a real Eureka server', {
  skip: process.env['OCTOPUS_SOAK'] ? false : 'only with OCTOPUS_SOAK=1',
}, () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-eureka-'));
  let missing = '';
  let url = '';
  let server: Running | null = null;
  let provider: Provider | null = null;

  before(
    async () => {
      const jar = process.env['OCTOPUS_EUREKA_JAR'] ?? build();
      if (jar === '') return;
      const port = await reservePort();
      url = `http://127.0.0.1:${port.port}/eureka`;
      const options = {
        'server.port': port.port,
        'server.address': '127.0.0.1',
        'eureka.client.register-with-eureka': false,
        'eureka.client.fetch-registry': false,
        'eureka.server.use-read-only-response-cache': false,
        // An answer that was being made while an instance registered stays in the other cache, by default for three minutes.
        'eureka.server.response-cache-auto-expiration-in-seconds': 5,
        'eureka.server.enable-self-preservation': false,
      };
      port.release();
      const settings = Object.entries(options).map(([key, value]) => `--${key}=${value}`);
      server = new Running('java', ['-jar', jar, ...settings]);
      const isUp = async () => (await fetch(`${url}/apps`).catch(() => null))?.status === 200;
      await eventually(isUp, 'Eureka to answer', START_PATIENCE);
    },
    { timeout: BUILD_PATIENCE + START_PATIENCE },
  );
  after(async () => {
    await provider?.close();
    server?.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function build(): string {
    cpSync(SOURCE, folder, { recursive: true });
    try {
      execFileSync('mvn', ['-q', '-B', '-DskipTests', 'package'], {
        cwd: folder,
        timeout: BUILD_PATIENCE,
        stdio: 'pipe',
      });
    } catch (error) {
      missing = `cannot build it: ${(error as Error).message.split('\n')[0]}`;
      return '';
    }
    const jar = path.join(folder, 'target', 'eureka-server-1.jar');
    if (!existsSync(jar)) missing = 'Maven built no jar';
    return existsSync(jar) ? jar : '';
  }

  const register = async (id: string, status: string, port: number): Promise<void> => {
    const instance = {
      instanceId: id,
      hostName: 'localhost',
      app: 'ORDERS',
      ipAddr: '127.0.0.1',
      vipAddress: 'orders',
      status,
      port: { $: port, '@enabled': 'true' },
      securePort: { $: 443, '@enabled': 'false' },
      dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
      metadata: { 'farp.enabled': 'true', zone: 'a' },
    };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/apps/ORDERS`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ instance }),
    });
    assert.equal(response.status, 204);
  };

  it('instances appear, change and vanish by its changes', { timeout: 120_000 }, async (context) => {
    if (missing !== '') return context.skip(missing);
    provider = createProvider('eureka', eurekaSettings.parse({ servers: [url], poll_interval: '200ms' }));
    const sink = new RecordingSink();
    provider.start(sink);
    await sink.until(() => sink.list !== null, 'the first list');
    assert.deepEqual(sink.list, []);
    await register('one', 'UP', 8081);
    await register('two', 'STARTING', 8082);
    await sink.until(() => sink.of('orders').length === 2, 'both', 60_000);
    const [one, two] = sink.of('orders');
    assert.deepEqual([one?.host, one?.port, one?.status, one?.zone], ['127.0.0.1', 8081, 'healthy', 'a']);
    assert.equal(one?.metadata['farp.enabled'], 'true');
    assert.equal(two?.status, 'starting');
    const taken = await fetch(`${url}/apps/ORDERS/one/status?value=OUT_OF_SERVICE`, { method: 'PUT' });
    assert.equal(taken.status, 200);
    await sink.until(() => sink.find('orders', 'one')?.status === 'draining', 'the status', 60_000);
    assert.equal((await fetch(`${url}/apps/ORDERS/two`, { method: 'DELETE' })).status, 200);
    await sink.until(() => sink.of('orders').length === 1, 'one to vanish', 60_000);
    assert.deepEqual(sink.failures, []);
  });
});

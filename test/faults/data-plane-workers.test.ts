/** A worker that dies, and SIGTERM, both under load. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Endpoint } from '../support/endpoint.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { underLoad } from '../support/load.ts';
import { once } from '../support/raw-client.ts';
import { message } from '../support/wire.ts';

const GET = message('GET / HTTP/1.1', 'Host: a');
const CONNECTIONS = 16;

/** Ends the thread it runs in, as a crash of native code would. */
const PLUGIN = `
import { createRequire } from 'node:module';
const { z } = createRequire(process.env.OCTOPUS_TEST_REQUIRE)('zod');
export const plugin = {
  name: 'die',
  version: '1.0.0',
  config: z.strictObject({}),
  setup: () => ({ onRequest: () => process.exit(7) }),
};
`;

let endpoint: Endpoint;
let config: GatewayConfig;
const options = { files: { 'die.mjs': PLUGIN }, env: { OCTOPUS_TEST_REQUIRE: import.meta.url } };

before(async () => {
  endpoint = await new Endpoint('one').start();
  config = {
    plugins: [{ name: 'die', path: './die.mjs' }],
    upstreams: [{ name: 'one', endpoints: [endpoint.address] }],
    routes: [
      { path: '/die', upstream: 'one', middleware: ['die'] },
      { path: '/*', upstream: 'one' },
    ],
  };
});

after(() => endpoint?.close());

describe('a worker that dies', () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await startGateway(config, options);
  });
  after(() => gateway?.stop());

  it('its connections are the only loss, and it is replaced', async () => {
    const replaced = (): number =>
      gateway.logLines().filter((line) => line['message'] === 'worker replaced').length;
    const options = { port: gateway.port, connections: CONNECTIONS, request: () => GET };
    await underLoad(options, async (load) => {
      for (let round = 1; round <= 3; round++) {
        await load.more(200);
        const failed = load.failures.length;
        await assert.rejects(once(gateway.port, message('GET /die HTTP/1.1', 'Host: a')));
        await eventually(async () => replaced() >= round, `replacement ${round}`);
        // Each connection that the dead worker had, and each that was just being made.
        assert.ok(load.failures.length - failed <= 2 * CONNECTIONS, load.failures.join('; '));
      }
      const settled = load.failures.length;
      await load.more(1_000);
      assert.equal(load.failures.length, settled, 'no failure after the replacement');
    });
    assert.ok((await gateway.metrics()).sum('octopus_worker_restarts_total') >= 3);
  });

  it('leaves no request counted as in flight', async () => {
    await eventually(async () => {
      const text = await (await gateway.admin('/_/upstreams')).text();
      const counts = [...text.matchAll(/"in_flight":\s*(-?\d+)/g)].map(([, count]) => Number(count));
      return counts.length > 0 && counts.every((count) => count === 0);
    }, 'all in-flight counts to be 0');
  });
});

describe('SIGTERM', () => {
  it('under load: no request fails, exit code 0', async () => {
    const gateway = await startGateway(config, { ...options, workers: 3 });
    try {
      const options = { port: gateway.port, connections: 96, request: () => GET };
      const { failures, reset } = await underLoad(options, async (load) => {
        await load.more(500);
        load.mayRefuse = true;
        assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
      });
      assert.deepEqual(failures, []);
      // Nobody was sent away by one worker to the queue of another that was about to close.
      assert.equal(reset, 0);
    } finally {
      await gateway.stop('SIGKILL');
    }
  });
});

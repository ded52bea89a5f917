/** SIGTERM: readiness first, then the listeners, then what is in flight, then exit 0. Under load it is tested in test/faults. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { message, valuesOf } from '../support/wire.ts';

/** Answers the request to `/slow`. */
let finish = (): void => undefined;

let origin: HttpOrigin;
before(async () => {
  origin = await startHttpOrigin((request, response) => {
    if (request.url === '/fast') response.end('fast');
    else if (request.url === '/slow') finish = () => void response.end('slow');
    else response.writeHead(200).write('never ends');
  });
});
after(() => origin?.close());

/** Answers with more than the buffers on the way take. */
const LARGE = 30_000_000;
const PLUGIN = `export const plugin = {
  name: 'large', version: '1.0.0',
  setup: () => ({ onRequest: () => ({ status: 200, body: 'x'.repeat(${LARGE}) }) }),
};`;

async function start(server: Record<string, unknown> = {}): Promise<Gateway> {
  const config: GatewayConfig = {
    server,
    plugins: [{ name: 'large', path: './large.mjs' }],
    upstreams: [{ name: 'one', endpoints: [`127.0.0.1:${origin.port}`] }],
    routes: [
      { path: '/large', upstream: 'one', middleware: ['large'] },
      { path: '/*', upstream: 'one', timeout: '60s' },
    ],
  };
  return startGateway(config, { files: { 'large.mjs': PLUGIN } });
}

const get = (path: string) => message(`GET ${path} HTTP/1.1`, 'Host: a');

async function readiness(gateway: Gateway): Promise<number> {
  return (await gateway.admin('/_/ready')).status;
}

const refuses = (gateway: Gateway) =>
  gateway.connect().then(
    (client) => {
      client.destroy();
      return false;
    },
    () => true,
  );

describe('SIGTERM', () => {
  it('readiness is 503 at once, listeners close, requests in flight finish, exit code 0', async () => {
    const gateway = await start();
    const [busy, idle] = await Promise.all([gateway.connect(), gateway.connect()]);
    assert.equal((await idle.request(get('/fast'))).body, 'fast');
    const answer = busy.request(get('/slow'));
    await eventually(
      async () => (await gateway.metrics()).sum('octopus_endpoint_in_flight') === 1,
      'the request',
    );
    gateway.child.kill('SIGTERM');
    await eventually(async () => (await readiness(gateway)) === 503, 'readiness to go');
    const health = (await (await gateway.admin('/_/health')).json()) as { status: string };
    assert.equal(health.status, 'draining');
    await eventually(() => refuses(gateway), 'new connections to be refused');
    finish();
    const response = await answer;
    assert.equal(response.body, 'slow');
    assert.deepEqual(valuesOf(response.fields, 'connection'), ['close']);
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    assert.match(gateway.log, /all requests are finished/);
    const line = gateway.logLines().find((entry) => entry['path'] === '/slow');
    assert.equal(line?.['status'], 200, 'the last request is in the access log');
    idle.destroy();
    await gateway.stop();
  });

  it('a response that its client is slow to read arrives whole', async () => {
    const gateway = await start();
    const client = await gateway.connect();
    client.socket.pause();
    client.write(get('/large'));
    // Longer than an idle connection is spared.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    gateway.child.kill('SIGTERM');
    await eventually(() => refuses(gateway), 'new connections to be refused');
    client.socket.resume();
    assert.equal((await client.final()).body.length, LARGE);
    const readAt = performance.now();
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    assert.ok(performance.now() - readAt < 5_000, 'and then the connection is idle');
    await gateway.stop();
  });

  it('what does not finish within shutdown_timeout is cut, exit code 0', async () => {
    const gateway = await start({ shutdown_timeout: '500ms' });
    const client = await gateway.connect();
    client.write(get('/endless'));
    await client.until(() => (client.received.includes('never ends') ? true : null), 'the first bytes');
    const startedAt = performance.now();
    gateway.child.kill('SIGTERM');
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    assert.ok(performance.now() - startedAt >= 450);
    assert.match(gateway.log, /did not finish in time were cut/);
    assert.ok(
      gateway.logLines().some((line) => line['path'] === '/endless'),
      'the cut request is in the access log',
    );
    // Rule: a body that was cut must not look complete to the client.
    await client.until(() => (client.closedHow === null ? null : true), 'the end');
    assert.doesNotMatch(client.received, /\r\n0\r\n\r\n$/);
    await gateway.stop();
  });

  it('during shutdown_delay connections are accepted while readiness is 503', async () => {
    const gateway = await start({ shutdown_delay: '2s' });
    const startedAt = performance.now();
    gateway.child.kill('SIGTERM');
    await eventually(async () => (await readiness(gateway)) === 503, 'readiness to go');
    const client = await gateway.connect();
    assert.equal((await client.request(get('/fast'))).body, 'fast');
    client.destroy();
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    assert.ok(performance.now() - startedAt >= 1_950);
    await gateway.stop();
  });

  it('a second signal ends it at once', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const gateway = await start();
      const client = await gateway.connect();
      client.write(get('/endless'));
      await client.until(() => (client.received.includes('never ends') ? true : null), 'the first bytes');
      gateway.child.kill(signal);
      await gateway.logLine((line) => line['message'] === 'shutting down', 'shutting down');
      gateway.child.kill(signal);
      assert.deepEqual(await gateway.exited, { code, signal: null });
      client.destroy();
      await gateway.stop();
    }
  });

  it('leaves nothing listening', async () => {
    const gateway = await start();
    await gateway.stop('SIGTERM');
    await assert.rejects(RawClient.connect(gateway.port));
    await assert.rejects(gateway.admin('/_/live'));
  });

  it('during the start ends the process as well', async () => {
    const gateway = await start();
    const args = ['run', '-c', gateway.configFile];
    const child = spawn(process.execPath, [...process.execArgv, gateway.child.spawnargs[1]!, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, OCTOPUS_SERVER_HTTP_PORT: '0', OCTOPUS_SERVER_ADMIN_PORT: '0' },
    });
    const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    // Its first line comes before the workers are started.
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    assert.deepEqual(await exited, { code: 0, signal: null });
    await gateway.stop();
  });
});

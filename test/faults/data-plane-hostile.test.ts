/** Many hostile connections at once: others are served as before. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Endpoint } from '../support/endpoint.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type LoadOptions, underLoad } from '../support/load.ts';
import { RawClient } from '../support/raw-client.ts';
import { message } from '../support/wire.ts';

const GET = message('GET / HTTP/1.1', 'Host: a');
const CROWD = 400;

let gateway: Gateway;
let endpoint: Endpoint;

before(async () => {
  endpoint = await new Endpoint('one').start();
  gateway = await startGateway({
    server: { limits: { header_timeout: '4s', connections: 600 } },
    upstreams: [{ name: 'one', endpoints: [endpoint.address] }],
    routes: [{ path: '/*', upstream: 'one' }],
  });
});

after(async () => {
  await gateway?.stop();
  await endpoint?.close();
});

const options = (): LoadOptions => ({ port: gateway.port, connections: 8, request: () => GET });

const crowd = (size: number): Promise<RawClient[]> =>
  Promise.all(Array.from({ length: size }, () => RawClient.connect(gateway.port)));

describe('hostile crowds', () => {
  it(`C18 slowloris: ${CROWD} dripping connections end with 408, requests beside them do not fail`, async () => {
    const clients = await crowd(CROWD);
    const timer = setInterval(() => {
      for (const client of clients) if (client.closedHow === null) client.write('X: y\r\n');
    }, 200);
    const { failures, answered } = await underLoad(options(), async () => {
      for (const client of clients) client.write('GET / HTTP/1.1\r\n');
      for (const client of clients) {
        await client.closed();
        assert.equal((await client.response()).status, 408);
      }
    });
    clearInterval(timer);
    assert.deepEqual(failures, []);
    assert.ok(answered > 50, `${answered} answered`);
  });

  it('A13 connections over the limit are turned away, the others are served, and room is found again', async () => {
    const clients = await Promise.all(
      Array.from({ length: 900 }, () => RawClient.connect(gateway.port).catch(() => null)),
    );
    const answers = await Promise.all(
      clients.map(async (client) => {
        if (!client) return 0;
        client.write(GET);
        return (await client.response().catch(() => null))?.status ?? 0;
      }),
    );
    const served = answers.filter((status) => status === 200).length;
    assert.ok(served > 300 && served <= 600, `${served} served`);
    assert.ok(answers.every((status) => [0, 200, 503].includes(status)));
    for (const client of clients) client?.destroy();
    const metric = 'octopus_active_connections';
    await eventually(async () => (await gateway.metrics()).sum(metric) < 10, 'the connections to be gone');
    const { failures } = await underLoad(options(), (load) => load.more(200));
    assert.deepEqual(failures, []);
  });

  it('resets at every moment leave nothing behind', async () => {
    const rounds = Array.from({ length: 300 }, (_, index) => index);
    await Promise.all(
      rounds.map(async (index) => {
        const client = await RawClient.connect(gateway.port);
        client.write(GET.slice(0, 1 + (index % GET.length)));
        if (index % 3 === 0) await new Promise((resolve) => setTimeout(resolve, index % 20));
        client.reset();
      }),
    );
    await eventually(
      async () => (await gateway.metrics()).sum('octopus_active_connections') === 0,
      'no open connection',
    );
    await eventually(
      async () => !/"in_flight":\s*[1-9-]/.test(await (await gateway.admin('/_/upstreams')).text()),
      'nothing in flight',
    );
  });
});

/** The circuit breaker: exactly half_open_requests probes over all threads, and no way to stick. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type OriginConnection, okResponse, ScriptedOrigin } from '../support/origin.ts';
import { once, RawClient } from '../support/raw-client.ts';
import { message } from '../support/wire.ts';

const GET = message('GET / HTTP/1.1', 'Host: a');
const FAILED = message('HTTP/1.1 500 Failed', 'Content-Length: 0');
const PROBES = 2;
const CLIENTS = 40;
/** Milliseconds. */
const TIMEOUT = 1_000;

let gateway: Gateway;
let origin: ScriptedOrigin;
let requests = 0;
/** Answers at once; null: held until the test answers. */
let answer: string | null = FAILED;
let held: OriginConnection[] = [];

before(async () => {
  origin = await new ScriptedOrigin(async (connection) => {
    for (;;) {
      const request = await connection.request(24 * 3_600_000);
      if (!request) return connection.end();
      requests++;
      if (answer === null) held.push(connection);
      else connection.write(answer);
    }
  }).listen();
  gateway = await startGateway(
    {
      routing: { retries: 0 },
      upstreams: [
        {
          name: 'origin',
          endpoints: [origin.address],
          circuit_breaker: { failure_threshold: 3, timeout: `${TIMEOUT}ms`, half_open_requests: PROBES },
        },
      ],
      routes: [{ path: '/*', upstream: 'origin' }],
    },
    { workers: 3 },
  );
});

after(async () => {
  await gateway?.stop();
  await origin?.close();
});

const status = async (): Promise<number> => (await once(gateway.port, GET)).status;

/** Fails until the breaker is open, and gives how many requests that took. */
async function open(): Promise<number> {
  answer = FAILED;
  const before = requests;
  await eventually(async () => (await status()) === 503, 'the breaker to open');
  return requests - before;
}

/** Sends 40 at once after the breaker's timeout; the origin holds those that it gets. Gives the clients. */
async function rush(): Promise<RawClient[]> {
  answer = null;
  held = [];
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => RawClient.connect(gateway.port)));
  await pause(TIMEOUT + 50);
  for (const client of clients) client.write(GET);
  const refused = (): number => clients.filter((client) => client.received !== '').length;
  await eventually(
    async () => held.length >= PROBES && refused() >= CLIENTS - PROBES,
    'all but the probes to be refused',
  );
  return clients;
}

describe('circuit breaker', () => {
  beforeEach(async () => {
    // Each test begins with a closed breaker.
    answer = okResponse('ok');
    for (const connection of held) if (connection.closedHow === null) connection.write(okResponse('late'));
    held = [];
    await eventually(async () => (await status()) === 200, 'the breaker to close');
  });

  it('opens after failure_threshold failures in a row', async () => {
    assert.equal(await open(), 3);
    const before = requests;
    assert.equal(await status(), 503);
    assert.equal(requests, before, 'an open breaker sends nothing');
  });

  it(`lets exactly ${PROBES} probes through, and closes when they succeed`, async () => {
    await open();
    const before = requests;
    const clients = await rush();
    assert.equal(requests - before, PROBES);
    for (const connection of held) connection.write(okResponse('well'));
    answer = okResponse('well');
    held = [];
    const statuses = await Promise.all(clients.map(async (client) => (await client.response()).status));
    assert.equal(statuses.filter((code) => code === 200).length, PROBES);
    assert.equal(statuses.filter((code) => code === 503).length, CLIENTS - PROBES);
    for (let index = 0; index < 10; index++) assert.equal(await status(), 200);
    for (const client of clients) client.destroy();
  });

  it('opens again when a probe fails', async () => {
    await open();
    const clients = await rush();
    for (const connection of held) connection.write(FAILED);
    held = [];
    answer = FAILED;
    await Promise.all(clients.map((client) => client.response()));
    const before = requests;
    assert.equal(await status(), 503);
    assert.equal(requests, before);
    for (const client of clients) client.destroy();
  });

  it('does not stick when the clients of its probes go away', async () => {
    await open();
    const clients = await rush();
    for (const client of clients) client.reset();
    answer = okResponse('well');
    held = [];
    await eventually(async () => (await status()) === 200, 'another probe to be let through');
  });

  it('does not stick when an endpoint holds its probes for ever', async () => {
    await gateway.reload({ ...gateway.config, routing: { retries: 0, timeout: '500ms' } });
    await open();
    const clients = await rush();
    answer = okResponse('well');
    held = [];
    await eventually(async () => (await status()) === 200, 'another probe to be let through');
    for (const client of clients) client.destroy();
  });
});

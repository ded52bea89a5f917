/** A thread that cannot look at its sockets for a while, as on a virtual machine that stands still: nobody is late for it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startGateway } from '../support/gateway.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { message } from '../support/wire.ts';

const CLIENTS = 10;
const ROUNDS = 4;

/** Stands still with the last request, when all others have begun to connect. */
const STALL = `
export const plugin = {
  name: 'stall',
  version: '1.0.0',
  config: (z) => z.strictObject({}),
  setup() {
    let requests = 0;
    return {
      onRequest({ request }) {
        if (request.query !== 'stall' || ++requests % ${CLIENTS} !== 0) return;
        for (const end = performance.now() + 800; performance.now() < end;);
      },
    };
  },
};
`;

const GET = message('GET /?stall HTTP/1.1', 'Host: a');

for (const direct_sockets of [false, true]) {
  test(`a stall longer than the time to connect fails no request (direct sockets: ${direct_sockets})`, async (t) => {
    const origin = await startHttpOrigin((_request, response) => {
      response.setHeader('connection', 'close');
      response.end();
    });
    t.after(() => origin.close());
    const gateway = await startGateway(
      {
        server: { direct_sockets },
        plugins: [{ name: 'stall', path: './stall.mjs', config: {} }],
        upstreams: [{ name: 'one', endpoints: [`127.0.0.1:${origin.port}`], timeouts: { connect: '300ms' } }],
        routing: { retries: 0 },
        routes: [{ path: '/*', upstream: 'one', middleware: ['stall'] }],
      },
      { files: { 'stall.mjs': STALL }, workers: 1 },
    );
    t.after(() => gateway.stop());

    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => gateway.connect()));
    t.after(() => clients.map((client) => client.reset()));
    for (let round = 0; round < ROUNDS; round++) {
      // Stopped, so that it finds most of them in one turn.
      process.kill(gateway.pid, 'SIGSTOP');
      await pause(50);
      for (const client of clients) client.write(GET);
      await pause(50);
      process.kill(gateway.pid, 'SIGCONT');
      const answers = await Promise.all(clients.map((client) => client.final('GET')));
      assert.deepEqual(
        answers.map(({ status }) => status),
        answers.map(() => 200),
      );
    }
  });
}

const CONNECT_PATIENCE = 8000;
const MANY_CLIENTS = 2400;

test('who connects meanwhile is kept by the kernel: no SYN is dropped', { skip: shortQueue() }, async (t) => {
  const gateway = await startGateway({ routes: [{ path: '/*', respond: { status: 204 } }] });
  t.after(() => gateway.stop());
  process.kill(gateway.pid, 'SIGSTOP');
  const clients = Array.from({ length: MANY_CLIENTS }, () => net.connect(gateway.port, '127.0.0.1'));
  t.after(() => clients.map((client) => client.destroy()));
  const connected = Promise.all(clients.map((client) => once(client, 'connect')));
  // Where the queue is full SYNs are dropped for as long as nobody accepts.
  await Promise.race([connected, pause(CONNECT_PATIENCE, undefined, { ref: false })]);
  const pending = clients.filter(({ connecting }) => connecting).length;
  process.kill(gateway.pid, 'SIGCONT');
  assert.equal(pending, 0, 'still connecting');
  const answers = clients.map(async (client) => {
    client.write(message('GET / HTTP/1.1', 'Host: a'));
    const [answer] = await once(client, 'data');
    return String(answer).slice(0, 12);
  });
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(['HTTP/1.1 204']));
});

function shortQueue(): string | false {
  if (process.platform !== 'linux') return 'SIGSTOP and the queue as on Linux';
  const longest = Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
  return longest > MANY_CLIENTS ? false : `net.core.somaxconn is ${longest}`;
}

/** A thread that cannot look at its sockets for a while, as on a virtual machine that stands still: nobody is late for it. */
import assert from 'node:assert/strict';
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

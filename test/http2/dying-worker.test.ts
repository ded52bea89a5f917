/** A worker that dies while requests with bodies wait in its sockets: Node would abort all of the process. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  headerBlock,
  PREFACE,
  SETTINGS,
} from '../support/http2-frames.ts';
import { RawClient } from '../support/raw-client.ts';

const CLIENTS = 32;
/** Long enough for requests to come in on every connection of the worker. Milliseconds. */
const BUSY_MS = 300;
const END = {
  throw: `throw new Error('on purpose')`,
  exit: 'process.exit(7)',
};
const plugin = (name: keyof typeof END): string => `export const plugin = { name: '${name}', version: '1.0.0',
  setup: () => ({ onRequest() {
    setTimeout(() => {
      const until = Date.now() + ${BUSY_MS};
      while (Date.now() < until);
      ${END[name]};
    });
  } }) };`;

let gateway: Gateway;

before(async () => {
  gateway = await startGateway(
    {
      plugins: Object.keys(END).map((name) => ({ name, path: `./${name}.mjs` })),
      routes: [
        ...Object.keys(END).map((name) => ({ path: `/${name}`, respond: {}, middleware: [name] })),
        { path: '/*', respond: { body: 'ok' } },
      ],
    },
    { files: { 'throw.mjs': plugin('throw'), 'exit.mjs': plugin('exit') } },
  );
});

after(() => gateway?.stop());

async function connect(): Promise<RawClient> {
  const client = await RawClient.connect(gateway.port);
  client.write(PREFACE + frame(SETTINGS, 0, 0).toString('latin1'));
  return client;
}

const block = headerBlock([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', '/'],
]);

function post(client: RawClient, stream: number): void {
  client.write(
    Buffer.concat([
      frame(HEADERS, END_HEADERS, stream, block),
      frame(DATA, END_STREAM, stream, Buffer.from('body')),
    ]),
  );
}

for (const name of ['throw', 'exit'] as const) {
  it(`${name}: the other worker goes on, and a new one comes`, async () => {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, connect));
    for (const client of clients) {
      post(client, 1);
      await client.until(() => client.received.includes('ok') || null, 'an answer');
      client.received = '';
    }
    const known = gateway.logLines().filter(({ message }) => message === 'worker replaced').length;
    const dying = await RawClient.connect(gateway.port);
    dying.write(`GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, BUSY_MS / 2));
    for (const client of clients) post(client, 3);
    await dying.closed();
    await eventually(
      async () => gateway.logLines().filter(({ message }) => message === 'worker replaced').length > known,
      'another worker',
    );
    assert.equal(gateway.child.signalCode, null, gateway.log.slice(-2_000));
    const alive = clients.filter(({ closedHow }) => closedHow === null);
    assert.ok(
      alive.length > 0 && alive.length < CLIENTS,
      `${alive.length} of ${CLIENTS} connections live on`,
    );
    for (const client of alive)
      await client.until(() => client.received.includes('ok') || null, 'its answer');
    for (const client of clients) client.destroy();
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/`)).status, 200);
  });
}

/** A user's own plugins in a running gateway: reload, refusal, isolation. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { ScriptedOrigin } from '../support/origin.ts';
import { message, valuesOf } from '../support/wire.ts';
import { ask, Service } from './support.ts';

const MARK = (text: string): string => `export const plugin = {
  name: 'mark', version: '1.2.3',
  config: (z) => z.strictObject({ suffix: z.string().default('') }),
  setup(config) {
    return { onResponse(exchange, response) { response.headers.set('X-Mark', '${text}' + config.suffix); } };
  },
};`;

const UPPER = `export const plugin = {
  name: 'upper', version: '1.0.0', wholeBody: { request: 1000 },
  setup: () => ({
    onRequest: (exchange) => exchange.request.headers.delete('Content-Length'),
    onRequestBody: (exchange, chunk) => Buffer.from(Buffer.from(chunk).toString().toUpperCase()),
    onResponse(exchange, response) {
      exchange.locals.set(this, !response.local);
      if (!response.local) response.headers.delete('Content-Length');
    },
    onResponseBody(exchange, chunk, last) {
      if (exchange.locals.get(this) && last) return Buffer.concat([chunk, Buffer.from('.')]);
    },
  }),
};`;

const WILD = `export const plugin = {
  name: 'wild', version: '1.0.0',
  setup: () => ({
    onRequest({ request }) {
      if (request.query === 'loop') for (;;);
      if (request.query === 'exit') process.exit(3);
      if (request.query === 'throw') throw new Error('wild');
      request.headers.set('X-Wild', 'yes');
    },
  }),
};`;

const SLOW = `export const plugin = {
  name: 'slow', version: '1.0.0',
  setup: () => ({
    async onResponse(exchange, response) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      response.headers.append('X-Slow', String(response.status));
    },
  }),
};`;

const STATUS = `export const plugin = {
  name: 'status', version: '1.0.0',
  setup: () => ({
    onResponse({ request }, response) { response.status = Number(request.query); },
  }),
};`;

/** Changes the length of a body, and says nothing of it in the head. */
const RESIZE = `const resized = (chunk, last, how) =>
  how === 'grow' && last ? Buffer.concat([chunk, Buffer.from('GET /smuggled HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')])
  : how === 'shrink' ? chunk.subarray(0, chunk.length - 1) : chunk;
export const plugin = {
  name: 'resize', version: '1.0.0',
  setup: () => ({
    onRequestBody: ({ request }, chunk, last) => resized(chunk, last, request.headers.get('X-Request')),
    onResponseBody: ({ request }, chunk, last) => resized(chunk, last, request.headers.get('X-Response')),
  }),
};`;

/** Sets what is the gateway's business, in every hook that can. */
const FRAMING = `const edit = (headers) => {
  headers.set('Host', 'plugin.example');
  headers.append('Content-Length', '99');
  headers.append('Transfer-Encoding', 'chunked');
  headers.append('Connection', 'close');
  headers.append('X-Plugin', 'seen');
};
export const plugin = {
  name: 'framing', version: '1.0.0',
  setup: () => ({
    onRequest: ({ request }) => edit(request.headers),
    onUpstreamRequest: (exchange, headers) => edit(headers),
    onResponse(exchange, { headers }) {
      for (const name of ['Transfer-Encoding', 'Connection', 'X-Plugin']) headers.append(name, 'close');
    },
  }),
};`;

const THROWING = `export const plugin = {
  name: 'throwing', version: '1.0.0',
  setup: () => ({ onUpstreamRequest() { throw new Error('no signature'); } }),
};`;

const WHOLE = `export const plugin = {
  name: 'whole', version: '1.0.0', wholeBody: { response: 1000 },
  setup: () => ({
    onResponseBody({ request }, chunk) {
      if (request.headers.has('X-Throw')) throw new Error('wild');
      return Buffer.from(chunk.length + ' bytes');
    },
  }),
};`;

let gateway: Gateway;
let service: Service;
let breaking: ScriptedOrigin;
let pieces: ScriptedOrigin;

const config = (more: Record<string, unknown> = {}) => ({
  upstreams: [
    { name: 'service', endpoints: [service.address] },
    { name: 'breaking', endpoints: [breaking.address] },
    { name: 'pieces', endpoints: [pieces.address] },
  ],
  plugins: [
    { name: 'mark', path: './mark.mjs', config: { suffix: '!' }, ...more },
    { name: 'upper', path: './upper.mjs' },
    { name: 'wild', path: './wild.mjs', isolate: { timeout: '4s' } },
    { name: 'tame', path: './wild.mjs' },
    { name: 'slow', path: './slow.mjs' },
    { name: 'status', path: './status.mjs' },
    { name: 'resize', path: './resize.mjs' },
    { name: 'framing', path: './framing.mjs' },
    { name: 'whole', path: './whole.mjs' },
    { name: 'throwing', path: './throwing.mjs' },
  ],
  routes: [
    { path: '/mark', upstream: 'service', middleware: ['mark'] },
    { path: '/upper', upstream: 'service', middleware: ['upper'] },
    { path: '/wild', upstream: 'service', middleware: ['wild'] },
    { path: '/tame', upstream: 'service', middleware: ['tame', 'mark'] },
    { path: '/slow', upstream: 'breaking', middleware: ['slow'] },
    { path: '/status/*', upstream: 'service', middleware: ['status'] },
    { path: '/resize', upstream: 'service', middleware: ['resize'] },
    { path: '/framing', upstream: 'service', middleware: ['framing'] },
    { path: '/upstream-throws', upstream: 'service', middleware: ['throwing'] },
    { path: '/whole', upstream: 'service', middleware: ['whole'] },
    { path: '/whole-late', upstream: 'pieces', middleware: ['slow', 'whole'] },
    { path: '/whole-breaking', upstream: 'breaking', middleware: ['whole'] },
    { path: '/closed', upstream: 'service', middleware: ['jwt-auth'] },
  ],
});

before(async () => {
  service = await new Service((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    response.statusCode = Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
    request.on('end', () => response.end(`${Buffer.concat(pieces)}${request.headers['x-wild'] ?? ''}`));
  }).listen();
  breaking = await new ScriptedOrigin(async (connection) => {
    await connection.head();
    connection.write(`${message('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\nbroken\r\n`);
  }).listen();
  pieces = await new ScriptedOrigin(async (connection) => {
    await connection.request();
    const piece = `258\r\n${'x'.repeat(600)}\r\n`;
    connection.write(
      `${message('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}${piece.repeat(5)}0\r\n\r\n`,
    );
  }).listen();
  gateway = await startGateway(config(), {
    files: {
      'mark.mjs': MARK('one'),
      'upper.mjs': UPPER,
      'wild.mjs': WILD,
      'slow.mjs': SLOW,
      'status.mjs': STATUS,
      'resize.mjs': RESIZE,
      'framing.mjs': FRAMING,
      'whole.mjs': WHOLE,
      'throwing.mjs': THROWING,
    },
  });
});

after(async () => {
  await gateway?.stop();
  await breaking?.close();
  await pieces?.close();
  await service?.close();
});

const mark = async (): Promise<string | undefined> => (await ask(gateway.port, '/mark')).headers['x-mark'];

describe('a plugin of your own', () => {
  it('runs with its options and shows in the metrics', async () => {
    assert.equal(await mark(), 'one!');
    assert.equal(
      (await gateway.metrics()).sum('octopus_plugin_loaded', { plugin: 'mark', version: '1.2.3' }),
      1,
    );
  });

  it('changes bodies', async () => {
    const answer = await ask(gateway.port, '/upper', { method: 'POST', body: 'hello' });
    assert.equal(answer.body.toString(), 'HELLO.');
  });

  it('gets whole bodies up to its cap, then 413', async () => {
    const answer = await ask(gateway.port, '/upper', { method: 'POST', body: 'x'.repeat(1001) });
    assert.equal(answer.status, 413);
    assert.equal((JSON.parse(answer.body.toString()) as { code: string }).code, 'plugin_body_too_large');
  });

  it('that throws fails its own request', async () => {
    assert.equal((await ask(gateway.port, '/tame?throw')).status, 500);
    assert.equal((await ask(gateway.port, '/tame')).headers['x-mark'], 'one!');
    const metrics = await eventually(async () => {
      const now = await gateway.metrics();
      return now.sum('octopus_plugin_events_total', { plugin: 'tame', event: 'failed' }) === 1 ? now : null;
    }, 'the count');
    assert.ok(metrics);
  });

  const CHANGES = [
    { from: 200, to: 204, length: [] },
    { from: 200, to: 304, length: [] },
    { from: 204, to: 200, length: ['0'] },
    { from: 304, to: 200, length: ['0'] },
    { from: 200, to: 404, length: ['4'], body: 'text' },
    { from: 200, to: 101, status: 500 },
    { from: 200, to: Number.NaN, status: 500 },
  ];
  for (const { from, to, status = to, length, body } of CHANGES) {
    it(`C6 that changes the status from ${from} to ${to}: the next response is where it should be`, async () => {
      const client = await gateway.connect();
      const fields = ['Host: a', 'Content-Length: 4'];
      const request = `${message(`POST /status/${from}?${to} HTTP/1.1`, ...fields)}text`;
      for (let i = 0; i < 2; i++) {
        const response = await client.request(request);
        assert.equal(response.status, status);
        if (length === undefined) continue;
        assert.deepEqual(valuesOf(response.fields, 'content-length'), length);
        assert.equal(response.body, body ?? '');
      }
      client.destroy();
    });
  }

  for (const how of ['grow', 'shrink']) {
    it(`C1 that makes bodies ${how} though Content-Length stays: nothing is taken for another message`, async () => {
      const client = await gateway.connect();
      const request = (field: string): string =>
        `${message('POST /resize HTTP/1.1', 'Host: a', 'Content-Length: 4', field)}text`;
      assert.equal((await client.request(request(`X-Request: ${how}`))).status, 500);
      const response = await client.request(request(`X-Response: ${how}`));
      assert.equal(response.body, how === 'grow' ? 'text' : 'tex');
      await client.closed();
      assert.equal(client.received, '');
      assert.equal((await ask(gateway.port, '/resize')).status, 200);
      assert.ok(!service.seen.some(({ url }) => url === '/smuggled'));
    });
  }

  it('that throws before the request leaves: the access log names no endpoint of an earlier request', async () => {
    const client = await gateway.connect();
    assert.equal((await client.request(message('GET /framing HTTP/1.1', 'Host: a'))).status, 200);
    assert.equal((await client.request(message('GET /upstream-throws HTTP/1.1', 'Host: a'))).status, 500);
    const line = await gateway.logLine((entry) => entry['path'] === '/upstream-throws', 'the request');
    assert.deepEqual([line['status'], line['upstream'], line['endpoint']], [500, undefined, undefined]);
    client.destroy();
  });

  it('that gets whole response bodies: over its cap, broken, or its own error, the answer says so', async () => {
    const client = await gateway.connect();
    const statusOf = async (path: string, length: number, ...fields: string[]): Promise<number> => {
      const head = message(`POST ${path} HTTP/1.1`, 'Host: a', `Content-Length: ${length}`, ...fields);
      return (await client.request(head + 'x'.repeat(length))).status;
    };
    assert.equal(await statusOf('/whole', 1000), 200);
    assert.equal(await statusOf('/whole', 1001), 502);
    assert.equal(await statusOf('/whole', 200_000), 502);
    assert.equal(await statusOf('/whole', 10, 'X-Throw: yes'), 500);
    assert.equal(await statusOf('/whole-breaking', 0), 502);
    assert.equal(await statusOf('/whole-late', 2), 502, "and what came behind it is nobody's");
    assert.equal(await statusOf('/whole', 10), 200);
    client.destroy();
  });

  it('C1 that sets fields of framing and connection: they stay those of the gateway', async () => {
    const client = await gateway.connect();
    const request = `${message('POST /framing HTTP/1.1', 'Host: a', 'Content-Length: 4')}text`;
    for (let i = 0; i < 2; i++) {
      const response = await client.request(request);
      assert.equal(response.status, 200);
      assert.equal(response.body, 'text');
      assert.deepEqual(valuesOf(response.fields, 'x-plugin'), ['close']);
      assert.deepEqual(valuesOf(response.fields, 'connection'), []);
      const { headersDistinct } = service.seen.at(-1)!;
      assert.deepEqual(headersDistinct['host'], [service.address]);
      assert.deepEqual(headersDistinct['content-length'], ['4']);
      assert.equal(headersDistinct['connection'], undefined);
      assert.deepEqual(headersDistinct['x-plugin'], ['seen', 'seen']);
    }
    client.destroy();
  });

  it('that is busy with a response which then turns out to be broken: one answer', async () => {
    const client = await gateway.connect();
    const request = message('GET /slow HTTP/1.1', 'Host: a');
    const response = await client.request(request);
    assert.equal(response.status, 502);
    assert.deepEqual(valuesOf(response.fields, 'x-slow'), ['502']);
    assert.equal((await client.request(request)).status, 502, 'nothing stands between two answers');
    client.destroy();
  });

  it('that is not available closes its route', async () => {
    const answer = await ask(gateway.port, '/closed');
    assert.equal(answer.status, 503);
    assert.equal((JSON.parse(answer.body.toString()) as { code: string }).code, 'plugin_unavailable');
  });

  it('is taken anew when its file changes, in all workers', async () => {
    writeFileSync(path.join(gateway.folder, 'mark.mjs'), MARK('two'));
    await gateway.reload(config());
    const marks = await Promise.all(Array.from({ length: 20 }, mark));
    assert.deepEqual(new Set(marks), new Set(['two!']));
  });

  it('with a bug or bad options refuses the reload and goes on as it was', async () => {
    writeFileSync(path.join(gateway.folder, 'mark.mjs'), 'export const plugin = {;');
    await assert.rejects(gateway.reload(config()), /mark\.mjs/);
    assert.equal(await mark(), 'two!');
    writeFileSync(path.join(gateway.folder, 'mark.mjs'), MARK('three'));
    await assert.rejects(gateway.reload(config({ config: { sufix: 'x' } })), /sufix/);
    assert.equal(await mark(), 'two!');
    writeFileSync(
      path.join(gateway.folder, 'mark.mjs'),
      `export const plugin = { name: 'mark', version: '1', config: (z) => z.any(), setup() { throw new Error('no database'); } };`,
    );
    await assert.rejects(gateway.reload(config()), /no database/);
    assert.equal(await mark(), 'two!');
    writeFileSync(path.join(gateway.folder, 'mark.mjs'), MARK('two'));
    await gateway.reload(config());
    assert.equal(await mark(), 'two!');
  });
});

describe('an isolated plugin in a gateway', () => {
  it('works like any other', async () => {
    assert.equal((await ask(gateway.port, '/wild')).body.toString(), 'yes');
    assert.equal((await ask(gateway.port, '/wild?throw')).status, 500);
  });

  it('in an endless loop costs its request only, and the worker goes on meanwhile', async () => {
    let isOver = false;
    const stuck = ask(gateway.port, '/wild?loop').finally(() => (isOver = true));
    const others = await Promise.all(Array.from({ length: 20 }, () => ask(gateway.port, '/mark')));
    assert.ok(others.every(({ status }) => status === 200));
    assert.equal(isOver, false, 'no worker waited for the loop');
    const answer = await stuck;
    assert.equal(answer.status, 504);
    assert.equal((JSON.parse(answer.body.toString()) as { code: string }).code, 'plugin_timeout');
    assert.equal((await ask(gateway.port, '/wild')).body.toString(), 'yes');
  });

  it('that ends its thread is started again', async () => {
    assert.equal((await ask(gateway.port, '/wild?exit')).status, 500);
    assert.equal((await ask(gateway.port, '/wild')).body.toString(), 'yes');
    await eventually(
      async () =>
        (await gateway.metrics()).sum('octopus_plugin_events_total', {
          plugin: 'wild',
          event: 'restarted',
        }) >= 2,
      'the restarts in the metrics',
    );
    assert.equal((await gateway.metrics()).sum('octopus_worker_restarts_total'), 0);
  });
});

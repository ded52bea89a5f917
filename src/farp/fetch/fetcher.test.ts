import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { FetchError } from './fetch-error.ts';
import { type Fetched, Fetcher } from './fetcher.ts';
import type { Lookup } from './guarded-lookup.ts';

const LIMIT = 1_000;
const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing) await close();
});

async function serve(handler: http.RequestListener): Promise<number> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function fetcher(lookup: Lookup = async () => ['127.0.0.1'], timeout = 5_000): Fetcher {
  const one = new Fetcher({ lookup, timeout: () => timeout });
  closing.push(() => one.close());
  return one;
}

function get(one: Fetcher, url: string, headers: Record<string, string> = {}, etag = ''): Promise<Fetched> {
  return one.fetch({ url: new URL(url), headers, etag, maxBytes: LIMIT });
}

function refused(promise: Promise<unknown>, kind: FetchError['kind'], reason: RegExp): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof FetchError, String(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, reason);
    return true;
  });
}

test('a body comes decompressed, with type and tag; the tag asks whether there is a new one', async () => {
  const asked: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    asked.push(request.headers['if-none-match']);
    if (request.headers['if-none-match'] === '"1"') {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, { etag: '"1"', 'content-type': 'application/json', 'content-encoding': 'br' });
    response.end(brotliCompressSync('{"a":1}'));
  });
  const one = fetcher();
  const first = await get(one, `http://127.0.0.1:${port}/`);
  assert.ok(!first.unchanged);
  assert.equal(first.body.toString(), '{"a":1}');
  assert.deepEqual([first.etag, first.contentType], ['"1"', 'application/json']);
  assert.deepEqual(await get(one, `http://127.0.0.1:${port}/`, {}, '"1"'), { unchanged: true });
  assert.deepEqual(asked, [undefined, '"1"']);
});

test('the limit counts what is stated, sent and unpacked', async () => {
  const port = await serve((request, response) => {
    if (request.url === '/stated') response.writeHead(200, { 'content-length': LIMIT + 1 }).flushHeaders();
    else if (request.url === '/exact') response.end('x'.repeat(LIMIT));
    else if (request.url === '/sent') response.write('x'.repeat(LIMIT + 1));
    else {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(500_000)));
    }
  });
  const one = fetcher();
  const exact = await get(one, `http://127.0.0.1:${port}/exact`);
  assert.equal(!exact.unchanged && exact.body.length, LIMIT);
  await refused(get(one, `http://127.0.0.1:${port}/stated`), 'invalid', /1001 bytes are more than 1000/);
  await refused(get(one, `http://127.0.0.1:${port}/sent`), 'invalid', /larger than 1000 bytes/);
  await refused(get(one, `http://127.0.0.1:${port}/gzip`), 'invalid', /larger than 1000 bytes/);
});

test('damaged and unknown encodings are refused', async () => {
  const port = await serve((request, response) => {
    const [, encoding = ''] = (request.url ?? '').split('/');
    response.writeHead(200, { 'content-encoding': encoding }).end('no such thing');
  });
  const one = fetcher();
  await refused(get(one, `http://127.0.0.1:${port}/gzip`), 'invalid', /damaged/);
  await refused(get(one, `http://127.0.0.1:${port}/compress`), 'invalid', /compress is not supported/);
});

test('the time limit holds for the whole: a drip does not stretch it', async () => {
  const port = await serve((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 10);
    response.on('close', () => clearInterval(timer));
  });
  const startedAt = performance.now();
  await refused(get(fetcher(undefined, 300), `http://127.0.0.1:${port}/`), 'unreachable', /within 300 ms/);
  assert.ok(performance.now() - startedAt < 3_000);
});

test('addresses of nobody’s service are not connected to, however they are written or found', async () => {
  const one = fetcher(
    async (host) => ({ meta: ['169.254.169.254'], two: ['127.0.0.1', 'fe80::1'] })[host] ?? [],
  );
  for (const url of [
    'http://169.254.169.254/latest',
    'http://[fd00:ec2::254]/latest',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://2852039166/',
    'http://meta/',
    'http://two/',
  ])
    await refused(get(one, url), 'forbidden', /link-local|metadata/);
});

test('a name that means something else the second time is judged the second time, too', async () => {
  const port = await serve((_, response) => {
    response.setHeader('connection', 'close');
    response.end('{}');
  });
  let lookups = 0;
  const one = fetcher(async () => [lookups++ === 0 ? '127.0.0.1' : '169.254.169.254']);
  assert.ok(await get(one, `http://rebind.test:${port}/`));
  await refused(get(one, `http://rebind.test:${port}/`), 'forbidden', /link-local/);
});

test('redirects are followed to the same origin only, headers stay there', async () => {
  const elsewhere: http.IncomingHttpHeaders[] = [];
  const other = await serve((request, response) => {
    elsewhere.push(request.headers);
    response.end('{}');
  });
  const seen: (string | string[] | undefined)[] = [];
  const port = await serve((request, response) => {
    seen.push(request.headers['x-key']);
    if (request.url === '/same') response.writeHead(302, { location: '/there' }).end();
    else if (request.url === '/circle') response.writeHead(302, { location: '/circle' }).end();
    else if (request.url === '/other')
      response.writeHead(302, { location: `http://127.0.0.1:${other}/` }).end();
    else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else if (request.url === '/nowhere') response.writeHead(302).end();
    else response.end('here');
  });
  const one = fetcher();
  const url = `http://127.0.0.1:${port}`;
  const followed = await get(one, `${url}/same`, { 'x-key': 'k' });
  assert.equal(!followed.unchanged && followed.body.toString(), 'here');
  assert.deepEqual(seen, ['k', 'k']);
  await refused(get(one, `${url}/other`, { 'x-key': 'k' }), 'forbidden', /another origin/);
  await refused(get(one, `${url}/file`), 'forbidden', /another origin/);
  await refused(get(one, `${url}/circle`), 'forbidden', /too many/);
  await refused(get(one, `${url}/nowhere`), 'unreachable', /leads nowhere/);
  assert.deepEqual(elsewhere, []);
});

test('statuses tell what is missing, what is starting and what is broken; failures tell why', async () => {
  const port = await serve((request, response) => {
    response.writeHead(Number(request.url?.slice(1))).end();
  });
  const one = fetcher();
  await refused(get(one, `http://127.0.0.1:${port}/404`), 'missing', /status 404/);
  await refused(get(one, `http://127.0.0.1:${port}/503`), 'starting', /status 503/);
  await refused(get(one, `http://127.0.0.1:${port}/500`), 'unreachable', /status 500/);
  await refused(get(one, `http://127.0.0.1:${port}/304`), 'unreachable', /status 304/);
  await refused(get(one, 'http://127.0.0.1:1/'), 'unreachable', /connection refused/);
  await refused(get(one, 'ftp://127.0.0.1/'), 'forbidden', /ftp: is not supported/);
  const failing = fetcher(() => Promise.reject(new Error('no such name')));
  await refused(get(failing, 'http://nowhere.test/'), 'unreachable', /no such name/);
});

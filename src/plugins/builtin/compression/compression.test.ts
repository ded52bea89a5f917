import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import type { PluginExchange, PluginHooks, PluginResponse } from '../../api.ts';
import {
  configProblems,
  type HeaderList,
  makeExchange,
  makeResponse,
  setUpPlugin,
  TestContext,
  type TestRequest,
} from '../../testing.ts';
import { compression } from './definition.ts';
import { isSupported } from './encoder.ts';

const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(200);
const OUTCOME = { status: 200, durationMs: 1, error: '', bytesSent: 0 };
const JSON_TYPE = { 'Content-Type': 'application/json', 'Content-Length': String(TEXT.length) };

interface Run {
  readonly exchange: PluginExchange;
  readonly response: PluginResponse;
}

/** `onResponse` for a request that accepts `accept`. */
function start(
  hooks: PluginHooks,
  accept: string | undefined,
  fields: HeaderList = JSON_TYPE,
  response: Partial<Omit<PluginResponse, 'headers'>> = {},
  request: TestRequest = {},
): Run {
  const headers = { ...request.headers, ...(accept === undefined ? {} : { 'Accept-Encoding': accept }) };
  const run = { exchange: makeExchange({ ...request, headers }), response: makeResponse(fields, response) };
  hooks.onResponse?.(run.exchange, run.response);
  return run;
}

async function send(hooks: PluginHooks, { exchange }: Run, pieces: readonly string[]): Promise<Buffer> {
  const sent: Uint8Array[] = [];
  for (const [i, piece] of pieces.entries()) {
    const chunk = Buffer.from(piece);
    sent.push((await hooks.onResponseBody?.(exchange, chunk, i === pieces.length - 1)) ?? chunk);
  }
  hooks.onEnd?.(exchange, OUTCOME);
  return Buffer.concat(sent);
}

const encodingOf = ({ response }: Run): string => response.headers.get('Content-Encoding') ?? 'none';

describe('compression bodies', () => {
  const decoders = { gzip: zlib.gunzipSync, br: zlib.brotliDecompressSync } as const;

  for (const [encoding, decode] of Object.entries(decoders)) {
    it(`${encoding}: come out the same, smaller, in pieces of any size`, async () => {
      const hooks = await setUpPlugin(compression);
      for (const size of [1000, 4096, TEXT.length]) {
        const pieces = TEXT.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
        const sent = await send(hooks, start(hooks, encoding), pieces);
        assert.equal(decode(sent).toString(), TEXT);
        assert.ok(sent.length < TEXT.length / 10, `${sent.length} bytes`);
      }
    });

    it(`${encoding}: an empty body is a valid one`, async () => {
      const hooks = await setUpPlugin(compression);
      const sent = await send(hooks, start(hooks, encoding, { 'Content-Type': 'text/plain' }), ['']);
      assert.equal(decode(sent).length, 0);
    });

    it(`${encoding}: a large body that does not compress passes whole`, async () => {
      const hooks = await setUpPlugin(compression);
      const bytes = Array.from({ length: 8 }, (_, i) =>
        Buffer.alloc(64 * 1024, i).map((_, at) => (at * 7919 * (i + 1)) >> 3),
      );
      const run = start(hooks, encoding, { 'Content-Type': 'text/plain' });
      const sent: Uint8Array[] = [];
      for (const piece of bytes)
        sent.push((await hooks.onResponseBody?.(run.exchange, piece, false)) ?? piece);
      sent.push((await hooks.onResponseBody?.(run.exchange, new Uint8Array(0), true)) ?? new Uint8Array(0));
      assert.ok(decode(Buffer.concat(sent)).equals(Buffer.concat(bytes)));
    });
  }

  it('zstd: come out the same', { skip: !isSupported('zstd') && 'this Node.js has no zstd' }, async () => {
    const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync(data: Buffer): Buffer };
    const hooks = await setUpPlugin(compression);
    const sent = await send(hooks, start(hooks, 'zstd, br, gzip'), [TEXT.slice(0, 500), TEXT.slice(500)]);
    assert.equal(zstdDecompressSync(sent).toString(), TEXT);
  });

  for (const [encoding, create] of [
    ['gzip', zlib.createGunzip],
    ['br', zlib.createBrotliDecompress],
  ] as const) {
    it(`${encoding}: every piece of a streaming response can be read at once`, async () => {
      const hooks = await setUpPlugin(compression);
      const run = start(hooks, encoding, { 'Content-Type': 'application/x-ndjson' });
      const decoder = create();
      decoder.setEncoding('utf8');
      for (const line of ['{"n":1}\n', '{"n":2}\n', '{"n":3}\n']) {
        const sent = await hooks.onResponseBody?.(run.exchange, Buffer.from(line), false);
        assert.ok(sent instanceof Uint8Array);
        const [read] = await Promise.all([
          new Promise<string>((resolve) => decoder.once('data', resolve)),
          new Promise<void>((resolve) => decoder.write(sent, () => resolve())),
        ]);
        assert.equal(read, line);
      }
      hooks.onEnd?.(run.exchange, OUTCOME);
      decoder.destroy();
    });
  }

  it('of known length are held back for density, but not when the service is slow', async () => {
    const hooks = await setUpPlugin(compression);
    const run = start(hooks, 'gzip');
    const push = async (): Promise<number> =>
      (await hooks.onResponseBody?.(run.exchange, Buffer.from('abc'), false))?.length ?? -1;
    await push();
    assert.equal(await push(), 0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.ok((await push()) > 0);
    hooks.onEnd?.(run.exchange, OUTCOME);
  });

  it('are freed when the client goes away in the middle, even while zlib works', async () => {
    const hooks = await setUpPlugin(compression);
    const run = start(hooks, 'br', { 'Content-Type': 'text/plain' });
    await hooks.onResponseBody?.(run.exchange, Buffer.from(TEXT), false);
    const pending = hooks.onResponseBody?.(run.exchange, Buffer.from(TEXT.repeat(20)), false);
    hooks.onEnd?.(run.exchange, OUTCOME);
    hooks.onEnd?.(run.exchange, OUTCOME);
    await pending;
  });

  it('leaves the bytes alone when nothing is to be compressed', async () => {
    const hooks = await setUpPlugin(compression);
    const run = start(hooks, undefined);
    assert.equal(hooks.onResponseBody?.(run.exchange, Buffer.from('x'), true), undefined);
  });
});

describe('B14: compression changes the head', () => {
  it('sets Content-Encoding, weakens ETag, drops Content-Length and Accept-Ranges, adds Vary', async () => {
    const hooks = await setUpPlugin(compression);
    const { exchange, response } = start(hooks, 'gzip', {
      ...JSON_TYPE,
      ETag: '"v1"',
      'Accept-Ranges': 'bytes',
      Vary: 'Origin',
    });
    assert.deepEqual(Object.fromEntries(response.headers.entries()), {
      'Content-Type': 'application/json',
      Vary: 'Accept-Encoding',
      'Content-Encoding': 'gzip',
      ETag: 'W/"v1"',
    });
    assert.deepEqual(response.headers.getAll('Vary'), ['Origin', 'Accept-Encoding']);
    hooks.onEnd?.(exchange, OUTCOME);
  });

  it('leaves a weak ETag as it is', async () => {
    const hooks = await setUpPlugin(compression);
    const { exchange, response } = start(hooks, 'gzip', { ...JSON_TYPE, ETag: 'W/"v1"' });
    assert.equal(response.headers.get('ETag'), 'W/"v1"');
    hooks.onEnd?.(exchange, OUTCOME);
  });

  it('weakens the ETag of a 304 for a client that holds the weak one', async () => {
    const hooks = await setUpPlugin(compression);
    const revalidate = (tag: string): string | undefined =>
      start(
        hooks,
        'gzip',
        { ETag: '"v1"' },
        { status: 304, hasBody: false },
        { headers: { 'If-None-Match': tag } },
      ).response.headers.get('ETag');
    assert.equal(revalidate('W/"v1"'), 'W/"v1"');
    assert.equal(revalidate('"v1"'), '"v1"');
  });

  it('adds Vary to eligible responses that this client gets uncompressed', async () => {
    const hooks = await setUpPlugin(compression);
    for (const accept of [undefined, 'identity', 'deflate']) {
      const run = start(hooks, accept);
      assert.equal(encodingOf(run), 'none');
      assert.equal(run.response.headers.get('Vary'), 'Accept-Encoding');
      assert.equal(run.response.headers.get('Content-Length'), String(TEXT.length));
    }
  });
});

describe('B14: compression leaves alone', () => {
  const cases: readonly (readonly [
    string,
    HeaderList,
    Partial<Omit<PluginResponse, 'headers'>>?,
    TestRequest?,
  ])[] = [
    ['partial content', { ...JSON_TYPE, 'Content-Range': 'bytes 0-9/99' }, { status: 206 }],
    ['204', JSON_TYPE, { status: 204, hasBody: false }],
    ['304', JSON_TYPE, { status: 304, hasBody: false }],
    ['the answer to HEAD', JSON_TYPE, { hasBody: false }, { method: 'HEAD' }],
    ['event streams', { 'Content-Type': 'text/event-stream; charset=utf-8' }],
    ['gRPC', { 'Content-Type': 'application/grpc+json' }],
    ['what is encoded already', { ...JSON_TYPE, 'Content-Encoding': 'br' }],
    ['no-transform', { ...JSON_TYPE, 'Cache-Control': 'public, no-transform' }],
    ['small bodies', { 'Content-Type': 'application/json', 'Content-Length': '1023' }],
    ['images', { 'Content-Type': 'image/png' }],
    ['bodies without a type', {}],
    [
      'bodies whose bytes are vouched for',
      { ...JSON_TYPE, 'Content-Digest': 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:' },
    ],
    ['a request with no-transform', JSON_TYPE, {}, { headers: { 'Cache-Control': 'no-transform' } }],
  ];
  for (const [name, fields, response, request] of cases) {
    it(name, async () => {
      const hooks = await setUpPlugin(compression);
      const run = start(hooks, 'gzip, br, zstd', fields, response, request);
      const expected = 'Content-Encoding' in fields ? fields['Content-Encoding'] : 'none';
      assert.equal(encodingOf(run), expected);
      assert.equal(run.response.headers.get('Content-Length'), fields['Content-Length']);
      assert.equal(hooks.onResponseBody?.(run.exchange, Buffer.from('x'), true), undefined);
    });
  }

  it('but not types with parameters, in capitals or with a structured suffix', async () => {
    const hooks = await setUpPlugin(compression);
    for (const type of [
      'application/vnd.api+json',
      'image/svg+xml',
      'TEXT/HTML;charset=utf-8',
      'application/graphql-response+json',
    ]) {
      const run = start(hooks, 'gzip', { 'Content-Type': type });
      assert.equal(encodingOf(run), 'gzip', type);
      hooks.onEnd?.(run.exchange, OUTCOME);
    }
  });
});

describe('compression negotiation', () => {
  const cases: readonly (readonly [accept: string, expected: string])[] = [
    ['gzip', 'gzip'],
    ['gzip, br', 'br'],
    ['gzip;q=1, br;q=0.9', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.000, gzip;q=0', 'none'],
    ['*', 'br'],
    ['*;q=0', 'none'],
    ['br;q=0, *', 'gzip'],
    ['gzip;q=0.5, *;q=0', 'gzip'],
    ['identity', 'none'],
    ['identity;q=1, gzip;q=0.5', 'none'],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity;q=0, deflate', 'none'],
    ['gzip;q=2', 'none'],
    ['gzip;q=abc', 'none'],
    ['gzip ; q=0.8', 'gzip'],
    ['deflate, compress', 'none'],
    ['', 'none'],
    [',,gzip,', 'gzip'],
  ];
  for (const [accept, expected] of cases) {
    it(`${JSON.stringify(accept)} gets ${expected}`, async () => {
      const hooks = await setUpPlugin(compression, { algorithms: ['br', 'gzip'] });
      const run = start(hooks, accept);
      assert.equal(encodingOf(run), expected);
      hooks.onEnd?.(run.exchange, OUTCOME);
    });
  }

  it('reads Accept-Encoding from several lines', async () => {
    const hooks = await setUpPlugin(compression, { algorithms: ['br', 'gzip'] });
    const exchange = makeExchange({ headers: { 'Accept-Encoding': ['deflate', 'gzip'] } });
    const response = makeResponse(JSON_TYPE);
    hooks.onResponse?.(exchange, response);
    assert.equal(response.headers.get('Content-Encoding'), 'gzip');
    hooks.onEnd?.(exchange, OUTCOME);
  });

  it('prefers in the configured order', async () => {
    const hooks = await setUpPlugin(compression, { algorithms: ['gzip', 'br'] });
    const run = start(hooks, 'br, gzip');
    assert.equal(encodingOf(run), 'gzip');
    hooks.onEnd?.(run.exchange, OUTCOME);
  });
});

describe('compression options', () => {
  it('say so when the runtime lacks an algorithm', {
    skip: isSupported('zstd') && 'this Node.js has zstd',
  }, async () => {
    const context = new TestContext('compression');
    await setUpPlugin(compression, {}, context);
    assert.equal(context.logged.length, 1);
    await assert.rejects(setUpPlugin(compression, { algorithms: ['zstd'] }), /zstd needs 22\.15/);
  });

  it('are checked', () => {
    assert.equal(configProblems(compression, { algorithms: ['deflate'] }).length, 1);
    assert.equal(configProblems(compression, { algorithms: [] }).length, 1);
    assert.equal(configProblems(compression, { gzip_level: 10 }).length, 1);
    assert.equal(configProblems(compression, { types: ['json'] }).length, 1);
    assert.equal(configProblems(compression, { min_size: '10 apples' }).length, 1);
    assert.deepEqual(
      configProblems(compression, { types: ['Application/JSON', '*+json', 'text/*'], min_size: '2KB' }),
      [],
    );
  });
});

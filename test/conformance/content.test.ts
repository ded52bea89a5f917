/** Rules B14 and C6: ranges, conditions and coding of responses. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { it } from '../support/engine-under-test.ts';
import { relay } from '../support/relay.ts';
import { type Field, message, valuesOf, type WireResponse } from '../support/wire.ts';

const TEXT = 'All work and no play makes Jack a dull boy. '.repeat(100);

/** What the origin answers, by path. */
const RESPONSES: Readonly<Record<string, { status?: number; fields: readonly Field[]; body: string }>> = {
  '/text': {
    fields: [
      ['Content-Type', 'text/plain'],
      ['ETag', '"v1"'],
      ['Accept-Ranges', 'bytes'],
    ],
    body: TEXT,
  },
  '/weak': {
    fields: [
      ['Content-Type', 'text/plain'],
      ['ETag', 'W/"v1"'],
      ['Vary', 'Origin'],
    ],
    body: TEXT,
  },
  '/no-transform': {
    fields: [
      ['Content-Type', 'text/plain'],
      ['Cache-Control', 'public, no-transform'],
    ],
    body: TEXT,
  },
  '/no-transform-in-second-line': {
    fields: [
      ['Content-Type', 'text/plain'],
      ['Cache-Control', 'public'],
      ['Cache-Control', 'no-transform'],
    ],
    body: TEXT,
  },
  '/coded': {
    fields: [
      ['Content-Type', 'text/plain'],
      ['Content-Encoding', 'br'],
    ],
    body: TEXT,
  },
  '/partial': {
    status: 206,
    fields: [
      ['Content-Type', 'text/plain'],
      ['Content-Range', 'bytes 0-4399/9000'],
    ],
    body: TEXT,
  },
  '/events': { fields: [['Content-Type', 'text/event-stream']], body: TEXT },
  '/grpc': { fields: [['Content-Type', 'application/grpc']], body: TEXT },
  '/image': { fields: [['Content-Type', 'image/png']], body: TEXT },
  '/small': { fields: [['Content-Type', 'text/plain']], body: 'small' },
};

const gateway = relay({
  responder: (request) => {
    const { status = 200, fields, body } = RESPONSES[request.target.replace(/^\/zip/, '')]!;
    return (
      message(
        `HTTP/1.1 ${status} Fine`,
        ...fields.map((field) => field.join(': ')),
        `Content-Length: ${body.length}`,
      ) + body
    );
  },
  config: (origin) => ({
    plugins: [{ name: 'compression', config: { algorithms: ['gzip'] } }],
    upstreams: [{ name: 'origin', endpoints: [origin] }],
    routes: [
      { path: '/zip/*', upstream: 'origin', strip_prefix: '/zip', middleware: ['compression'] },
      { path: '/*', upstream: 'origin' },
    ],
  }),
});

const get = async (path: string, ...fields: string[]): Promise<WireResponse> =>
  (await gateway.send([`GET ${path} HTTP/1.1`, 'Host: a', ...fields])).response;
const value = (response: WireResponse, name: string): string => valuesOf(response.fields, name).join(', ');

describe('B14 without a plugin', () => {
  it('B14 Range, If-* and Accept-Encoding reach the origin as they are', async () => {
    const fields = [
      'Range: bytes=0-4',
      'If-Range: "v1"',
      'If-None-Match: "a", W/"b"',
      'If-Modified-Since: Tue, 15 Nov 1994 08:12:31 GMT',
      'Accept-Encoding: gzip;q=0.5, br',
    ];
    const { seen } = await gateway.send(['GET /text HTTP/1.1', 'Host: a', ...fields]);
    for (const line of fields) {
      const [name = '', expected] = line.split(/: (.*)/);
      assert.deepEqual(valuesOf(seen!.fields, name), [expected]);
    }
  });

  it('B14 the response stays as it is', async () => {
    const response = await get('/text', 'Accept-Encoding: gzip');
    assert.equal(response.body, TEXT);
    assert.equal(value(response, 'etag'), '"v1"');
    assert.equal(value(response, 'accept-ranges'), 'bytes');
    assert.equal(value(response, 'vary'), '');
    assert.equal(value(response, 'content-length'), String(TEXT.length));
  });
});

describe('B14 with compression', () => {
  it('B14 weakens the ETag, drops length and ranges, adds Vary', async () => {
    const response = await get('/zip/text', 'Accept-Encoding: gzip');
    assert.equal(value(response, 'content-encoding'), 'gzip');
    assert.equal(gunzipSync(Buffer.from(response.body, 'latin1')).toString(), TEXT);
    assert.equal(value(response, 'etag'), 'W/"v1"');
    assert.equal(value(response, 'accept-ranges'), '');
    assert.equal(value(response, 'content-length'), '');
    assert.match(value(response, 'vary'), /accept-encoding/i);
  });

  it('B14 keeps a weak ETag and what Vary said', async () => {
    const response = await get('/zip/weak', 'Accept-Encoding: gzip');
    assert.equal(value(response, 'etag'), 'W/"v1"');
    assert.match(value(response, 'vary'), /origin/i);
    assert.match(value(response, 'vary'), /accept-encoding/i);
  });

  it('B14 Vary also says so to a client that gets the plain form', async () => {
    const response = await get('/zip/text');
    assert.equal(response.body, TEXT);
    assert.equal(value(response, 'etag'), '"v1"');
    assert.match(value(response, 'vary'), /accept-encoding/i);
  });

  const UNTOUCHED = [
    '/no-transform',
    '/no-transform-in-second-line',
    '/coded',
    '/partial',
    '/events',
    '/grpc',
  ];
  for (const path of [...UNTOUCHED, '/image', '/small']) {
    it(`B14 leaves ${path} alone`, async () => {
      const response = await get(`/zip${path}`, 'Accept-Encoding: gzip');
      assert.equal(response.body, RESPONSES[path]!.body);
      assert.equal(value(response, 'content-encoding'), path === '/coded' ? 'br' : '');
    });
  }

  it('B14 an HTTP/1.0 client gets it with the end of the connection', async () => {
    const { response } = await gateway.send(['GET /zip/text HTTP/1.0', 'Host: a', 'Accept-Encoding: gzip']);
    assert.equal(response.framing, 'close');
    assert.equal(gunzipSync(Buffer.from(response.body, 'latin1')).toString(), TEXT);
  });

  it('C6 HEAD has no body and no coded length', async () => {
    const { response } = await gateway.send(['HEAD /zip/text HTTP/1.1', 'Host: a', 'Accept-Encoding: gzip']);
    assert.equal(response.status, 200);
    assert.equal(response.body, '');
  });
});

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';
import { addLines, linesOf } from './header-lines.ts';

function headersOf(lines: string): http2.OutgoingHttpHeaders {
  const headers: http2.OutgoingHttpHeaders = {};
  addLines(headers, lines);
  return headers;
}

test('names become lower case, values lose their surrounding space, order and repetition stay', () => {
  assert.deepEqual(
    headersOf('Content-Type:  text/plain \r\nX-A: 1\r\nx-a: 2\r\nX-A:\r\nSet-Cookie: a=b: c\r\n'),
    {
      'content-type': 'text/plain',
      'x-a': ['1', '2', ''],
      'set-cookie': 'a=b: c',
    },
  );
  assert.deepEqual(headersOf(''), {});
});

test('connection-specific fields have no place in HTTP/2', () => {
  const lines =
    'Connection: x\r\nKeep-Alive: 1\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\nHost: a\r\nTE: gzip\r\n';
  assert.deepEqual(headersOf(lines), {});
  assert.deepEqual(headersOf('TE: trailers\r\n'), { te: 'trailers' });
});

test('of singletons the first counts, lists are joined', () => {
  assert.deepEqual(headersOf('Age: 1\r\nAge: 2\r\nIf-None-Match: "a"\r\nIf-None-Match: "b"\r\n'), {
    age: '1',
    'if-none-match': '"a", "b"',
  });
});

test('Node takes every field twice without complaint', async () => {
  const names = [
    'access-control-allow-credentials access-control-max-age access-control-request-method age authorization',
    'content-encoding content-language content-length content-location content-md5 content-range content-type date dnt',
    'etag expires from if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location',
    'max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent',
    'x-content-type-options accept vary via link www-authenticate cache-control',
  ].flatMap((line) => line.split(' '));
  const server = http2.createServer();
  server.on('stream', (stream) => {
    const headers = headersOf(names.map((name) => `${name}: 0\r\n${name}: 0\r\n`).join(''));
    stream.respond({ ':status': 200, ...headers }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const client = http2.connect(`http://127.0.0.1:${port}`);
  const status = await new Promise((resolve, reject) => {
    const stream = client.request({ ':path': '/' });
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
  });
  assert.equal(status, 200);
  client.destroy();
  server.close();
});

test('a field may have the name of what every object has', () => {
  const headers = headersOf('Constructor: 1\r\nConstructor: 2\r\n__proto__: 3\r\nX-A: 4\r\n');
  assert.deepEqual(Object.entries(headers), [
    ['constructor', ['1', '2']],
    ['x-a', '4'],
  ]);
  assert.equal(Object.getPrototypeOf(headers), Object.prototype);
});

test('lines of a received list leave out pseudo-fields', () => {
  assert.equal(linesOf([':status', '200', 'x-a', '1', 'x-b', '']), 'x-a: 1\r\nx-b: \r\n');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UwsRequest } from './binding.ts';
import { RequestText } from './request-text.ts';

function request(
  url: string,
  query: string | undefined,
  fields: [string, string][],
  method = 'get',
): UwsRequest {
  return {
    forEach: (visit) => {
      for (const [name, value] of fields) visit(name, value);
    },
    getCaseSensitiveMethod: () => method,
    getUrl: () => url,
    getQuery: () => query,
  };
}

test('a head is put together again, repeated fields in their order', () => {
  const fields: [string, string][] = [
    ['host', 'a'],
    ['x', '1'],
    ['x', '2'],
  ];
  const text = new RequestText();
  assert.equal(
    text.read(request('/p', 'q=1', fields)),
    'GET /p?q=1 HTTP/1.1\r\nhost: a\r\nx: 1\r\nx: 2\r\n\r\n',
  );
  assert.equal(text.closes, false);
  assert.equal(text.read(request('/p', undefined, [], 'POST')), 'POST /p HTTP/1.1\r\n\r\n');
});

test('bytes beyond ASCII are bytes again, and what was lost on the way is told', () => {
  const text = new RequestText();
  assert.equal(text.read(request('/', undefined, [['x', 'é!']])), 'GET / HTTP/1.1\r\nx: \xc3\xa9!\r\n\r\n');
  assert.equal(text.read(request('/', undefined, [['x', 'a\ufffdb']])), '');
});

test('a first Connection field of five bytes closes, as µWS takes it', () => {
  const text = new RequestText();
  const closes = (...values: string[]): boolean => {
    text.read(
      request(
        '/',
        undefined,
        values.map((value) => ['connection', value]),
      ),
    );
    return text.closes;
  };
  assert.equal(closes('close'), true);
  assert.equal(closes('x-hop'), true);
  assert.equal(closes('keep-alive', 'close'), false);
  assert.equal(closes(), false);
});

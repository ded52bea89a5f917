import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathPolicy, WorkerLimits } from '../shared/messages.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from './framing.ts';
import { RequestHead } from './request-head.ts';

const LIMITS: WorkerLimits = {
  requestLine: 100,
  headerBytes: 1000,
  headerCount: 10,
  body: 0,
  headerTimeout: 0,
  bodyIdleTimeout: 0,
  keepAliveTimeout: 0,
  connections: 1,
};
const POLICY: PathPolicy = {
  doubleSlash: 'merge',
  encodedSlash: 'keep',
  backslash: 'reject',
  parameters: 'keep',
};

function parse(line: string, ...fields: string[]): { head: RequestHead; problem: string } {
  const head = new RequestHead();
  const lines = fields.some((field) => /^host:/i.test(field)) ? fields : ['Host: a.example', ...fields];
  const problem = head.parse(`${[line, ...lines].join('\r\n')}\r\n\r\n`, LIMITS, POLICY);
  return { head, problem };
}

test('an ordinary request', () => {
  const { head, problem } = parse('GET /a/b?c=d HTTP/1.1', 'Host: Example.COM:8080', 'TE: trailers');
  assert.equal(problem, '');
  assert.equal(head.method, 'GET');
  assert.equal(head.path, '/a/b');
  assert.equal(head.search, '?c=d');
  assert.equal(head.host, 'example.com');
  assert.equal(head.authority, 'Example.COM:8080');
  assert.equal(head.keepAlive, true);
  assert.equal(head.bodyKind, BODY_NONE);
  assert.equal(head.wantsTrailers, true);
  assert.equal(head.rewritten, false);
});

test('A2 the authority of an absolute-form target wins over Host', () => {
  const { head, problem } = parse('GET http://b.example/x?y HTTP/1.1');
  assert.equal(problem, '');
  assert.deepEqual([head.host, head.path, head.search, head.rewritten], ['b.example', '/x', '?y', true]);
});

test('A15 bodies are framed for any method', () => {
  assert.equal(parse('GET / HTTP/1.1', 'Content-Length: 5').head.bodyKind, BODY_LENGTH);
  assert.equal(parse('DELETE / HTTP/1.1', 'Transfer-Encoding: Chunked').head.bodyKind, BODY_CHUNKED);
});

test('C15 persistence follows version and Connection', () => {
  assert.equal(parse('GET / HTTP/1.1', 'Connection: close').head.keepAlive, false);
  assert.equal(parse('GET / HTTP/1.0').head.keepAlive, false);
  assert.equal(parse('GET / HTTP/1.0', 'Connection: Keep-Alive').head.keepAlive, true);
});

test('B1 fields that Connection names are taken out', () => {
  const { head } = parse('GET / HTTP/1.1', 'Connection: close, X-Drop', 'X-Drop: 1', 'X-Keep: 2');
  assert.equal(head.headers.get('x-drop'), undefined);
  assert.equal(head.headers.get('x-keep'), '2');
});

test('B13 a path that is not canonical is rewritten', () => {
  const { head } = parse('GET /a/%2e%2e/b?x=../y HTTP/1.1');
  assert.deepEqual([head.path, head.search, head.rewritten], ['/b', '?x=../y', true]);
});

const REFUSED: readonly (readonly [id: string, line: string, fields: string[], code: string])[] = [
  ['A1 two Hosts', 'GET / HTTP/1.1', ['Host: a', 'Host: a'], 'bad_host'],
  ['A1 Host with userinfo', 'GET / HTTP/1.1', ['Host: u@a'], 'bad_host'],
  ['A1 Host with a path', 'GET / HTTP/1.1', ['Host: a/b'], 'bad_host'],
  ['A1 empty Host', 'GET / HTTP/1.1', ['Host:'], 'bad_host'],
  ['A1 port past 65535', 'GET / HTTP/1.1', ['Host: a:99999'], 'bad_host'],
  ['A2 authority form', 'CONNECT a:443 HTTP/1.1', [], 'method_not_implemented'],
  ['A2 relative target', 'GET a HTTP/1.1', [], 'bad_target'],
  ['A2 asterisk for GET', 'GET * HTTP/1.1', [], 'bad_target'],
  ['A3 fragment', 'GET /a#b HTTP/1.1', [], 'bad_target'],
  ['A3 space', 'GET /a b HTTP/1.1', [], 'bad_target'],
  ['A3 byte outside ASCII', 'GET /\xe9 HTTP/1.1', [], 'bad_target'],
  ['A4 method that is no token', 'G(T / HTTP/1.1', [], 'method_not_implemented'],
  ['A5 HTTP/2.0', 'GET / HTTP/2.0', [], 'version_not_supported'],
  ['A5 HTTP/1.2', 'GET / HTTP/1.2', [], 'version_not_supported'],
  ['A5 HTTP/0.9', 'GET /', [], 'bad_request_line'],
  [
    'A9 length and coding',
    'POST / HTTP/1.1',
    ['Content-Length: 1', 'Transfer-Encoding: chunked'],
    'bad_framing',
  ],
  ['A10 gzip, chunked', 'POST / HTTP/1.1', ['Transfer-Encoding: gzip, chunked'], 'bad_framing'],
  ['A10 unknown coding', 'POST / HTTP/1.1', ['Transfer-Encoding: gzip'], 'unknown_coding'],
  [
    'A10 coding twice',
    'POST / HTTP/1.1',
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    'bad_framing',
  ],
  ['A10 coding in HTTP/1.0', 'POST / HTTP/1.0', ['Transfer-Encoding: chunked'], 'bad_framing'],
  ['A11 two equal lengths', 'POST / HTTP/1.1', ['Content-Length: 1', 'Content-Length: 1'], 'bad_framing'],
  ['A11 signed length', 'POST / HTTP/1.1', ['Content-Length: +1'], 'bad_framing'],
  ['A11 list of lengths', 'POST / HTTP/1.1', ['Content-Length: 1, 1'], 'bad_framing'],
  ['A11 empty length', 'POST / HTTP/1.1', ['Content-Length:'], 'bad_framing'],
  ['A11 length past 2^53', 'POST / HTTP/1.1', ['Content-Length: 99999999999999999'], 'bad_framing'],
  ['A13 long request line', `GET /${'x'.repeat(200)} HTTP/1.1`, [], 'uri_too_long'],
  [
    'A13 many fields',
    'GET / HTTP/1.1',
    Array.from({ length: 12 }, (_, i) => `X-${i}: 1`),
    'headers_too_large',
  ],
  ['A16 unknown expectation', 'POST / HTTP/1.1', ['Expect: magic'], 'expectation_failed'],
  [
    'B1 Connection names Authorization',
    'GET / HTTP/1.1',
    ['Connection: Authorization'],
    'bad_connection_option',
  ],
  ['B10 Authorization twice', 'GET / HTTP/1.1', ['Authorization: a', 'Authorization: b'], 'bad_header'],
  ['B13 hidden climb', 'GET /a/..%2fb HTTP/1.1', [], 'bad_path'],
];
for (const [id, line, fields, code] of REFUSED) {
  test(`${id}: ${code}`, () => assert.equal(parse(line, ...fields).problem, code));
}

test('a repeated header section gives the same, an edited or different one is read anew', () => {
  const head = new RequestHead();
  const section = 'Host: a.example\r\nX-One: 1\r\n\r\n';
  assert.equal(head.parse(`GET /1 HTTP/1.1\r\n${section}`, LIMITS, POLICY), '');
  assert.equal(head.parse(`GET /2?x HTTP/1.1\r\n${section}`, LIMITS, POLICY), '');
  assert.deepEqual(
    [head.path, head.search, head.host, head.authority],
    ['/2', '?x', 'a.example', 'a.example'],
  );
  assert.equal(head.headers.get('x-one'), '1');
  head.headers.delete('x-one');
  assert.equal(head.parse(`GET /3 HTTP/1.1\r\n${section}`, LIMITS, POLICY), '');
  assert.equal(head.headers.get('x-one'), '1');
  assert.equal(head.parse(`GET /4 HTTP/1.0\r\n${section}`, LIMITS, POLICY), '');
  assert.equal(head.keepAlive, false);
  assert.equal(head.parse(`GET http://b.example/5 HTTP/1.1\r\n${section}`, LIMITS, POLICY), '');
  assert.equal(head.host, 'b.example');
  assert.equal(head.parse(`GET /6 HTTP/1.1\r\n${section}`, LIMITS, POLICY), '');
  assert.equal(head.host, 'a.example');
  assert.equal(head.parse('GET /7 HTTP/1.1\r\nHost: c.example\r\n\r\n', LIMITS, POLICY), '');
  assert.equal(head.host, 'c.example');
});

test('a repeated header section undoes the edits of the request before, but not those of its own Connection', () => {
  const head = new RequestHead();
  const section =
    'Host: a.example\r\nX-Forwarded-For: 192.0.2.1\r\nX-Hop: 1\r\nX-One: 1\r\nConnection: x-hop\r\n\r\n';
  for (let i = 0; i < 3; i++) {
    assert.equal(head.parse(`GET /${i} HTTP/1.1\r\n${section}`, LIMITS, POLICY), '');
    assert.deepEqual(
      [...head.headers.entries()],
      [
        ['Host', 'a.example'],
        ['X-Forwarded-For', '192.0.2.1'],
        ['X-One', '1'],
        ['Connection', 'x-hop'],
      ],
    );
    assert.equal(head.headers.edited, false);
    if (i === 1) head.headers.append('X-Added', 'only');
    else {
      head.headers.delete('x-forwarded-for');
      head.headers.set('X-One', '2');
      head.headers.append('X-Two', '2');
    }
  }
});

test('a released block is not taken for the next request', () => {
  const head = new RequestHead();
  const text = 'GET / HTTP/1.1\r\nHost: a.example\r\nX-One: 1\r\n\r\n';
  head.parse(text, LIMITS, POLICY);
  const first = head.headers;
  head.releaseHeaders();
  assert.equal(head.parse(text, LIMITS, POLICY), '');
  assert.equal(head.headers.get('x-one'), '1');
  assert.notEqual(head.headers, first);
  assert.equal(first.get('x-one'), '1');
});

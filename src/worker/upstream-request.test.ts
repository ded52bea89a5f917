import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Exchange } from '../engine/exchange.ts';
import { Peer } from '../engine/peer.ts';
import { RequestHead } from '../http/request-head.ts';
import type { PathPolicy, WorkerLimits } from '../shared/messages.ts';
import { forwardedLines } from './upstream-request.ts';

const LIMITS = { requestLine: 16_384, headerCount: 100, headerBytes: 65_536, body: 0 } as WorkerLimits;
const POLICY: PathPolicy = {
  doubleSlash: 'merge',
  encodedSlash: 'keep',
  backslash: 'reject',
  parameters: 'keep',
};

const IDS = 'id\r\ntraceparent: trace\r\n';

it('the requests of a connection get their own lines, however alike they are', () => {
  const head = new RequestHead();
  const peer = new Peer('192.0.2.1', 80);
  const exchange = { head, peer, scheme: 'http' } as unknown as Exchange;
  const linesOf = (host: string, fields: string, via: string): string => {
    assert.equal(head.parse(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`, LIMITS, POLICY), '');
    return forwardedLines(exchange, IDS, via);
  };
  const own = (host: string, via: string): string =>
    `X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ${host}\r\nX-Forwarded-Port: 80\r\n` +
    `Via: 1.1 ${via}\r\nX-Request-Id: id\r\ntraceparent: trace\r\n`;

  for (let i = 0; i < 3; i++) assert.equal(linesOf('a', 'X: 1\r\n', 'one'), `X: 1\r\n${own('a', 'one')}`);
  // A reload has changed `server.via`.
  for (let i = 0; i < 3; i++) assert.equal(linesOf('a', 'X: 1\r\n', 'two'), `X: 1\r\n${own('a', 'two')}`);
  for (let i = 0; i < 3; i++) assert.equal(linesOf('b', 'X: 1\r\n', 'two'), `X: 1\r\n${own('b', 'two')}`);
  for (let i = 0; i < 3; i++) {
    assert.equal(linesOf('b', 'X: 2\r\nY: 1\r\n', 'two'), `X: 2\r\nY: 1\r\n${own('b', 'two')}`);
    head.headers.set('x', '3');
    assert.equal(forwardedLines(exchange, IDS, 'two'), `Y: 1\r\nx: 3\r\n${own('b', 'two')}`);
  }
});

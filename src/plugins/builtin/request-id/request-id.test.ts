import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configProblems, makeExchange, makeResponse, setUpPlugin } from '../../testing.ts';
import { requestId } from './definition.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('request-id', () => {
  it('makes a UUID and sends it back', async () => {
    const hooks = await setUpPlugin(requestId);
    const exchange = makeExchange();
    const response = makeResponse({ 'X-Request-Id': 'of the service' });
    hooks.onRequest?.(exchange);
    hooks.onResponse?.(exchange, response);
    assert.match(exchange.requestId, UUID);
    assert.deepEqual(response.headers.getAll('x-request-id'), [exchange.requestId]);
    assert.equal(exchange.request.headers.has('X-Request-Id'), false, 'the core writes this one itself');
  });

  it('makes 32 hexadecimal digits, never the same ones', async () => {
    const hooks = await setUpPlugin(requestId, { generator: 'hex' });
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const exchange = makeExchange();
      hooks.onRequest?.(exchange);
      assert.match(exchange.requestId, /^[0-9a-f]{32}$/);
      seen.add(exchange.requestId);
    }
    assert.equal(seen.size, 1000);
  });

  it('keeps the id of a trusted proxy only', async () => {
    const hooks = await setUpPlugin(requestId);
    const headers = { 'X-Request-Id': 'abc-123' };
    const trusted = makeExchange({ headers, fromTrustedProxy: true });
    const untrusted = makeExchange({ headers });
    hooks.onRequest?.(trusted);
    hooks.onRequest?.(untrusted);
    assert.equal(trusted.requestId, 'abc-123');
    assert.match(untrusted.requestId, UUID);
  });

  it('replaces an incoming id that is too long or not plain', async () => {
    const hooks = await setUpPlugin(requestId);
    for (const id of ['x'.repeat(129), 'two words', 'caf\xe9', '']) {
      const exchange = makeExchange({ headers: { 'X-Request-Id': id }, fromTrustedProxy: true });
      hooks.onRequest?.(exchange);
      assert.match(exchange.requestId, UUID, JSON.stringify(id));
    }
  });

  it('trusts nobody when told so', async () => {
    const hooks = await setUpPlugin(requestId, { trust_incoming: false });
    const exchange = makeExchange({ headers: { 'X-Request-Id': 'abc' }, fromTrustedProxy: true });
    hooks.onRequest?.(exchange);
    assert.match(exchange.requestId, UUID);
  });

  it('writes a field of another name upstream itself', async () => {
    const hooks = await setUpPlugin(requestId, { header: 'X-Correlation-Id', echo: false });
    const exchange = makeExchange({ headers: { 'x-correlation-id': 'forged' } });
    hooks.onRequest?.(exchange);
    assert.deepEqual(exchange.request.headers.getAll('X-Correlation-Id'), [exchange.requestId]);
    assert.equal(hooks.onResponse, undefined);
  });

  it('refuses a header name that is none', () => {
    assert.deepEqual(configProblems(requestId, { header: 'X Request' }), ['header: expected a header name']);
  });
});

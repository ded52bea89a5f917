import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configProblems, makeExchange, makeResponse, setUpPlugin } from '../../testing.ts';
import { headers } from './definition.ts';

describe('headers', () => {
  it('removes, sets and adds, in that order, both ways', async () => {
    const edits = {
      remove: ['X-Powered-By', 'X-Both'],
      set: { 'X-Env': 'prod' },
      add: { 'X-Both': 'new', 'X-List': ['a', 'b'] },
    };
    const hooks = await setUpPlugin(headers, { request: edits, response: edits });
    const fields = { 'x-powered-by': 'PHP', 'X-Env': ['dev', 'test'], 'X-Both': 'old', 'X-List': '0' };
    const exchange = makeExchange({ headers: fields });
    const response = makeResponse(fields);
    hooks.onRequest?.(exchange);
    hooks.onResponse?.(exchange, response);
    for (const view of [exchange.request.headers, response.headers]) {
      assert.equal(view.has('X-Powered-By'), false);
      assert.deepEqual(view.getAll('X-Env'), ['prod']);
      assert.deepEqual(view.getAll('X-Both'), ['new']);
      assert.deepEqual(view.getAll('X-List'), ['0', 'a', 'b']);
    }
  });

  it('has no hook for the way that it does not change', async () => {
    const hooks = await setUpPlugin(headers, { response: { set: { A: 'b' } } });
    assert.equal(hooks.onRequest, undefined);
    assert.notEqual(hooks.onResponse, undefined);
  });

  it('fills in placeholders', async () => {
    const template =
      '{client_ip} {host} {method} {path} {query} {request_id} {route} {scheme} {trace_id} {param.id} {header.x-a} {{x}}';
    const hooks = await setUpPlugin(headers, { request: { set: { 'X-All': template } } });
    const exchange = makeExchange({
      method: 'PUT',
      path: '/users/7',
      query: 'a=1',
      params: { id: '7' },
      headers: { 'X-A': 'va' },
    });
    hooks.onRequest?.(exchange);
    assert.equal(
      exchange.request.headers.get('X-All'),
      '203.0.113.7 example.com PUT /users/7 a=1 test-request-id / http 0af7651916cd43dd8448eb211c80319c 7 va {x}',
    );
  });

  it('keeps doubled braces as one in values without placeholders', async () => {
    const hooks = await setUpPlugin(headers, { response: { set: { A: '{{"a":1}}' } } });
    const response = makeResponse();
    hooks.onResponse?.(makeExchange(), response);
    assert.equal(response.headers.get('A'), '{"a":1}');
  });

  it('is empty for parameters and headers that are not there', async () => {
    const hooks = await setUpPlugin(headers, { request: { set: { A: '<{param.no}{header.no}>' } } });
    const exchange = makeExchange();
    hooks.onRequest?.(exchange);
    assert.equal(exchange.request.headers.get('A'), '<>');
  });

  it('B11: a client cannot end the line through a path parameter', async () => {
    const hooks = await setUpPlugin(headers, { response: { set: { A: 'id={param.id}' } } });
    const response = makeResponse();
    hooks.onResponse?.(makeExchange({ params: { id: 'x\r\nSet-Cookie: a=b\u00e9\ud800' } }), response);
    assert.equal(response.headers.get('A'), 'id=x%0D%0ASet-Cookie: a=b%C3%A9%EF%BF%BD');
    assert.equal(response.headers.has('Set-Cookie'), false);
  });

  it('B1: refuses to touch framing', () => {
    for (const name of [
      'Connection',
      'content-length',
      'Transfer-Encoding',
      'Upgrade',
      'TE',
      'Host',
      'Keep-Alive',
      'Trailer',
    ]) {
      assert.equal(configProblems(headers, { request: { remove: [name] } }).length, 1, name);
      assert.equal(configProblems(headers, { response: { set: { [name]: 'x' } } }).length, 1, name);
      assert.equal(configProblems(headers, { response: { add: { [name]: 'x' } } }).length, 1, name);
    }
  });

  it('refuses unknown placeholders, single braces and values that break the line', () => {
    const problem = (value: string): string =>
      configProblems(headers, { request: { set: { A: value } } })[0] ?? '';
    assert.match(
      problem('{nope}'),
      /^request\.set\.A: the value holds an unknown placeholder; the known ones are \{client_ip\}/,
    );
    assert.match(problem('{param.}'), /unknown placeholder/);
    assert.match(problem('{constructor}'), /unknown placeholder/);
    assert.match(problem('a { b'), /single \{; write \{\{/);
    assert.match(problem('a\r\nb'), /one line/);
  });
});

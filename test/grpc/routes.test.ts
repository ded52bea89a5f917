/** `routes[].grpc`: calls by service and method, with grpc-js at both ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ActingGrpc, GrpcClient } from '../support/acting-grpc.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let service: ActingGrpc;
let gateway: Gateway;
let client: GrpcClient;

/** Answers with a status of HTTP that becomes one of gRPC, by which a test knows the route. */
const refusing = (status: number) => ({ respond: { status } });
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

before(async () => {
  service = await new ActingGrpc().start();
  gateway = await startGateway(
    {
      upstreams: [{ name: 'service', endpoints: [`127.0.0.1:${service.port}`], protocol: 'h2' }],
      routes: [
        { path: '/shop.v1.Shop/Get', upstream: 'service' },
        { grpc: { service: 'shop.v1.Shop', method: 'Get' }, ...refusing(403) },
        {
          grpc: { service: 'shop.v1.Shop', method: 'Get' },
          headers: { 'x-let-in': '1' },
          upstream: 'service',
        },
        { grpc: { service: 'shop.v1.Shop' }, upstream: 'service' },
        { grpc: { method: 'Any' }, ...refusing(429) },
        { path: '/web.v1.Web/Empty', methods: ['POST'], respond: { body: 'no call' } },
        {
          grpc: { service: 'web.v1.Web', method: 'Empty' },
          ...refusing(401),
          middleware: [{ name: 'cors', config: { origins: ['https://app.example'] } }],
        },
      ],
    },
    { workers: 1 },
  );
  client = new GrpcClient(gateway.port);
});

after(async () => {
  client?.close();
  await gateway?.stop();
  service?.stop();
});

/** A request over HTTP/1.1, which carries no calls but those of gRPC-Web. */
async function request(target: string, init: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${target}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe('routes[].grpc', () => {
  it('service alone takes all its methods, streams too', async () => {
    assert.deepEqual((await client.put(['a', 'b'])).messages, ['ab']);
    assert.deepEqual((await client.chat(['one', 'two'])).messages, ['one', 'two']);
    assert.equal((await client.unary('/shop.v1.Shop/Gone')).code, UNIMPLEMENTED);
  });

  it('service and method win over the service alone and over the same path without a condition', async () => {
    assert.equal((await client.unary('/shop.v1.Shop/Get', 'x')).code, PERMISSION_DENIED);
  });

  it('further conditions make a route more specific', async () => {
    assert.deepEqual((await client.unary('/shop.v1.Shop/Get', 'x', { 'x-let-in': '1' })).messages, ['x']);
  });

  it('method alone takes it in every service', async () => {
    assert.equal((await client.unary('/any.Service/Any')).code, RESOURCE_EXHAUSTED);
  });

  it('takes nothing but calls: another content type goes to other routes, or to none', async () => {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    assert.equal((await request('/web.v1.Web/Empty', json)).status, 200);
    assert.equal((await request('/shop.v1.Shop/Empty', json)).status, 404);
    const other = { ...json, headers: { 'content-type': 'application/grpcurl' } };
    assert.equal((await request('/web.v1.Web/Empty', other)).status, 200);
    assert.equal((await request('/shop.v1.Shop/Empty', { method: 'GET' })).status, 404);
  });

  it('takes the calls of gRPC-Web', async () => {
    for (const type of ['application/grpc-web', 'application/grpc-web+proto', 'application/grpc-web-text']) {
      const { text } = await request('/web.v1.Web/Empty', {
        method: 'POST',
        headers: { 'content-type': type },
        body: '',
      });
      assert.notEqual(text, 'no call', type);
    }
  });

  it('lets the preflights of gRPC-Web through to its plugins', async () => {
    const { status, headers } = await request('/web.v1.Web/Empty', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-grpc-web',
      },
    });
    assert.equal(status, 204);
    assert.equal(headers.get('access-control-allow-origin'), 'https://app.example');
  });

  it('is shown by octopus explain and octopus routes', () => {
    const cli = path.resolve(import.meta.dirname, '../../src/cli/main.js');
    const octopus = (...args: string[]) =>
      spawnSync(process.execPath, [cli, ...args, '-c', gateway.configFile], { encoding: 'utf8' }).stdout;
    const type = ['-H', 'content-type: application/grpc'];
    assert.match(octopus('explain', 'POST', '/shop.v1.Shop/Empty', ...type), /^Matches .*\{method\}$/m);
    assert.match(
      octopus('explain', 'POST', '/shop.v1.Shop/Empty'),
      /content-type is absent, the route wants/,
    );
    assert.match(octopus('routes'), /POST +\/\{service\}\/Any +gRPC +respond 429/);
  });

  it('is shown by the admin API in the words of the configuration', async () => {
    const { routes } = (await (await gateway.admin('/_/routes')).json()) as { routes: { grpc?: unknown }[] };
    const shown = routes.map(({ grpc }) => grpc).filter((grpc) => grpc !== undefined);
    assert.ok(shown.some((grpc) => JSON.stringify(grpc) === '{"method":"Any"}'));
    assert.ok(shown.some((grpc) => JSON.stringify(grpc) === '{"service":"shop.v1.Shop","method":"Get"}'));
  });
});

/** Calls of gRPC in metrics and access log, and which of them count as failures of the service. */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ActingGrpc, firstly, GrpcClient } from '../support/acting-grpc.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import type { Metrics } from '../support/metrics.ts';
import { reservePort } from '../support/ports.ts';

const SHOP = { service: 'shop.v1.Shop' };
const UNKNOWN = '__unknown__';
const REQUESTS = 'octopus_grpc_requests_total';
const MESSAGES = 'octopus_grpc_messages_total';
const UNAVAILABLE = 14;

/** What stands before the methods of a service: answers every call alike, whatever it is called. */
class Doorman {
  status = 16;
  readonly #server = http2.createServer();

  async listen(): Promise<this> {
    this.#server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(this.status) },
        { endStream: true },
      );
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    return this;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

let service: ActingGrpc;
let other: ActingGrpc;
let doorman: Doorman;
let gateway: Gateway;
let client: GrpcClient;
let gone: { port: number; release(): void };

before(async () => {
  service = await new ActingGrpc().start();
  other = await new ActingGrpc().start();
  doorman = await new Doorman().listen();
  gone = await reservePort();
  const upstream = (name: string, endpoints: string[], more = {}) => ({
    name,
    endpoints,
    protocol: 'h2',
    ...more,
  });
  gateway = await startGateway(
    {
      upstreams: [
        upstream('shop', [`127.0.0.1:${service.port}`]),
        upstream('doorman', [doorman.address]),
        upstream('gone', [`127.0.0.1:${gone.port}`]),
        upstream('fragile', [`127.0.0.1:${service.port}`], {
          circuit_breaker: { failure_threshold: 3, timeout: '1h', half_open_requests: 1 },
        }),
        upstream('slow', [`127.0.0.1:${service.port}`], {
          circuit_breaker: { failure_threshold: 3, timeout: '1h', half_open_requests: 1 },
        }),
        upstream('pair', [`127.0.0.1:${service.port}`, `127.0.0.1:${other.port}`], {
          outlier: { consecutive_failures: 2, eject_for: '1h', max_ejected: '50%' },
        }),
      ],
      routes: [
        { grpc: SHOP, headers: { 'x-to': 'fragile' }, upstream: 'fragile' },
        { grpc: SHOP, headers: { 'x-to': 'slow' }, upstream: 'slow' },
        { grpc: SHOP, headers: { 'x-to': 'pair' }, upstream: 'pair' },
        { grpc: SHOP, upstream: 'shop' },
        { grpc: { ...SHOP, method: 'Named' }, upstream: 'shop' },
        { grpc: { service: 'gone.v1.Gone' }, upstream: 'gone', retries: 0 },
        { path: '/door/*', upstream: 'doorman' },
        { path: '/plain/*', respond: { body: 'no call' } },
      ],
    },
    { workers: 1 },
  );
  client = new GrpcClient(gateway.port);
});

after(async () => {
  client?.close();
  await gateway?.stop();
  gone?.release();
  service?.stop();
  other?.stop();
  doorman?.close();
});

beforeEach(() => {
  service.refuse = () => null;
  other.refuse = () => null;
});

/** New series reach the primary by message. */
function counted(what: string, holds: (metrics: Metrics) => boolean): Promise<Metrics> {
  return eventually(async () => {
    const metrics = await gateway.metrics();
    return holds(metrics) ? metrics : null;
  }, what);
}

describe('metrics of gRPC', () => {
  it('count calls by service, method, status and upstream', async () => {
    for (let i = 0; i < 3; i++) assert.equal((await client.unary('/shop.v1.Shop/Get', 'x')).code, 0);
    service.refuse = firstly(1, 9);
    await client.unary('/shop.v1.Shop/Get', 'x');
    const get = { ...SHOP, method: 'Get' };
    const metrics = await counted('four calls', (now) => now.sum(REQUESTS, get) === 4);
    assert.equal(metrics.sum(REQUESTS, { ...get, grpc_status: 'OK', upstream: 'shop' }), 3);
    assert.equal(metrics.sum(REQUESTS, { ...get, grpc_status: 'FAILED_PRECONDITION', upstream: 'shop' }), 1);
    assert.equal(metrics.sum('octopus_grpc_request_duration_seconds_count', get), 4);
    assert.equal(metrics.sum(MESSAGES, { ...get, direction: 'received' }), 4);
    assert.equal(metrics.sum(MESSAGES, { ...get, direction: 'sent' }), 3);
  });

  it('count the messages of a stream while it goes on', async () => {
    let end = (): void => {};
    const outcome = client.chat(['one', 'two', 'three'], new Promise<void>((resolve) => (end = resolve)));
    const chat = { ...SHOP, method: 'Chat' };
    const metrics = await counted('six messages', (now) => now.sum(MESSAGES, chat) === 6);
    assert.equal(metrics.sum(REQUESTS, chat), 0, 'the call is not over');
    end();
    assert.equal((await outcome).code, 0);
    await counted('the call', (now) => now.sum(REQUESTS, { ...chat, grpc_status: 'OK' }) === 1);
  });

  it('count what the gateway answers itself', async () => {
    assert.equal((await client.unary('/gone.v1.Gone/Get', 'x')).code, UNAVAILABLE);
    assert.equal((await client.unary('/nobody.v1.Nobody/Get', 'x')).code, 12);
    await counted('calls without an answer of a service', (now) => {
      const unreached = {
        service: 'gone.v1.Gone',
        method: UNKNOWN,
        grpc_status: 'UNAVAILABLE',
        upstream: 'gone',
      };
      const unrouted = { service: UNKNOWN, method: UNKNOWN, grpc_status: 'UNIMPLEMENTED', upstream: '' };
      return now.sum(REQUESTS, unreached) === 1 && now.sum(REQUESTS, unrouted) === 1;
    });
  });

  it('have no series for what clients invent', async () => {
    const before = (await gateway.metrics()).matching(REQUESTS).length;
    const attempt = async (path: string, code: number) =>
      assert.equal((await client.unary(path, 'x')).code, code, path);
    // The service has no such method, the route names the service.
    for (let i = 0; i < 20; i++) await attempt(`/shop.v1.Shop/Invented${i}`, 12);
    for (const status of [7, 8, 12, 14, 16]) {
      doorman.status = status;
      for (let i = 0; i < 5; i++) await attempt(`/door/invented.v${status}/Method${i}`, status);
    }
    const metrics = await counted('all of them', (now) => now.sum(REQUESTS, { method: UNKNOWN }) === 47);
    assert.equal(metrics.sum(REQUESTS, { ...SHOP, method: UNKNOWN, grpc_status: 'UNIMPLEMENTED' }), 20);
    assert.ok(metrics.matching(REQUESTS).length - before <= 6, `${before} series before`);
  });

  it('name a method that a route names, whatever comes of it', async () => {
    assert.equal((await client.unary('/shop.v1.Shop/Named', 'x')).code, 12);
    await counted('its call', (now) => now.sum(REQUESTS, { ...SHOP, method: 'Named' }) === 1);
  });

  it('count a call that the client has given up as CANCELLED', async () => {
    await client.cancel();
    await counted(
      'its end',
      (now) => now.sum(REQUESTS, { ...SHOP, method: 'Chat', grpc_status: 'CANCELLED' }) === 1,
    );
  });

  it('count calls of gRPC-Web too', async () => {
    const put = { ...SHOP, method: 'Put', grpc_status: 'OK' };
    const before = (await gateway.metrics()).sum(REQUESTS, put);
    const response = await fetch(`http://127.0.0.1:${gateway.port}/shop.v1.Shop/Put`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web-text' },
      body: Buffer.from('\0\0\0\0\x02ab').toString('base64'),
    });
    assert.equal(response.status, 200);
    await response.text();
    await counted('the call', (now) => now.sum(REQUESTS, put) === before + 1);
  });

  it('leave out everything else', async () => {
    const before = (await gateway.metrics()).sum(REQUESTS);
    const plain = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`);
    const { body } = await plain.request(
      { ':method': 'POST', ':path': '/plain/a', 'content-type': 'text/plain' },
      'x',
    );
    plain.session.close();
    assert.equal(body, 'no call');
    await gateway.logLine(
      (line) => line['path'] === '/plain/a' && line['grpc_status'] === undefined,
      'no status',
    );
    assert.equal((await gateway.metrics()).sum(REQUESTS), before);
  });
});

describe('the access log', () => {
  it('has the status of gRPC, also where the gateway made it', async () => {
    service.refuse = firstly(1, 5);
    await client.unary('/shop.v1.Shop/Put', 'x');
    const isCall = (one: Record<string, unknown>) =>
      one['path'] === '/shop.v1.Shop/Put' && one['grpc_status'] === 'NOT_FOUND';
    assert.equal((await gateway.logLine(isCall, 'the call'))['status'], 200);
    await client.unary('/gone.v1.Gone/Log', 'x');
    const failed = await gateway.logLine((one) => one['path'] === '/gone.v1.Gone/Log', 'the other call');
    assert.deepEqual([failed['grpc_status'], failed['error']], ['UNAVAILABLE', 'upstream_connect_failed']);
  });
});

describe('failures of a service by status of gRPC', () => {
  const fragile = (deadline?: number) =>
    client.unary(
      '/shop.v1.Shop/Get',
      'x',
      { 'x-to': 'fragile' },
      deadline === undefined ? {} : { deadline: Date.now() + deadline },
    );

  it('a refused call and a deadline that nobody could keep do not open the breaker', async () => {
    for (const code of [5, 7, 8, 12, 16]) {
      service.refuse = firstly(1, code);
      assert.equal((await fragile()).code, code);
    }
    // DEADLINE_EXCEEDED of the service, with a deadline below a second.
    for (let i = 0; i < 4; i++) {
      service.refuse = firstly(1, 4);
      assert.equal((await fragile(900)).code, 4);
    }
    service.refuse = () => null;
    assert.equal((await fragile()).code, 0);
  });

  it('UNAVAILABLE, INTERNAL and UNKNOWN in a row open it, whatever short deadlines come between', async () => {
    for (const code of [14, 13, 4, 2]) {
      service.refuse = firstly(1, code);
      assert.equal((await fragile(code === 4 ? 900 : undefined)).code, code);
    }
    const seen = service.calls;
    const { code, details } = await fragile();
    assert.equal(code, UNAVAILABLE);
    assert.match(details, /circuit/i);
    assert.equal(service.calls, seen, 'the service is left alone');
  });

  it('deadlines that pass in silence do so too, unless they are below a second', async () => {
    const hang = (timeout: string) =>
      client.unary('/shop.v1.Shop/Hang', 'x', { 'x-to': 'slow', 'grpc-timeout': timeout });
    const codes = async (timeout: string) =>
      (await Promise.all([1, 2, 3].map(() => hang(timeout)))).map(({ code }) => code);
    assert.deepEqual(await codes('50m'), [4, 4, 4]);
    assert.deepEqual(await codes('1S'), [4, 4, 4], 'the breaker is still closed');
    assert.equal((await hang('1S')).code, UNAVAILABLE);
  });

  it('and an endpoint that answers so is ejected', async () => {
    service.refuse = firstly(1_000, 13);
    const toPair = () => client.unary('/shop.v1.Shop/Get', 'x', { 'x-to': 'pair' });
    for (let i = 0; i < 8; i++) await toPair();
    service.calls = 0;
    for (let i = 0; i < 6; i++) assert.equal((await toPair()).code, 0);
    assert.equal(service.calls, 0);
  });
});

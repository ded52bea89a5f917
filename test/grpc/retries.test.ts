/** Statuses of gRPC in `retries.on`: what is tried again, and what never is. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ActingGrpc, firstly, GrpcClient, type Refuse } from '../support/acting-grpc.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const CODES = {
  cancelled: 1,
  'deadline-exceeded': 4,
  'resource-exhausted': 8,
  internal: 13,
  unavailable: 14,
};
const UNAVAILABLE = CODES.unavailable;
const ALL = Object.keys(CODES);
const GET = '/shop.v1.Shop/Get';

let services: ActingGrpc[];
let gateway: Gateway;
let client: GrpcClient;

const routed = (retries: Record<string, unknown>) => ({
  upstreams: [
    {
      name: 'service',
      endpoints: services.map(({ port }) => `127.0.0.1:${port}`),
      protocol: 'h2',
    },
  ],
  routes: [{ grpc: { service: 'shop.v1.Shop' }, upstream: 'service', retries }],
});

function refuse(by: Refuse): void {
  for (const service of services) {
    service.refuse = by;
    service.calls = 0;
  }
}

const calls = (): number[] => services.map((service) => service.calls).sort();

before(async () => {
  services = await Promise.all([new ActingGrpc().start(), new ActingGrpc().start()]);
  gateway = await startGateway(routed({ on: ALL }), { workers: 1 });
  client = new GrpcClient(gateway.port);
});

after(async () => {
  client?.close();
  await gateway?.stop();
  for (const service of services ?? []) service.stop();
});

describe('retries by status of gRPC', () => {
  describe('named in the route', () => {
    before(() => gateway.reload(routed({ on: ALL, attempts: 2, body_limit: '1KB' })));
    beforeEach(() => refuse(() => null));

    for (const [name, code] of Object.entries(CODES)) {
      it(`${name} is tried again, at another endpoint`, async () => {
        refuse(firstly(1, code));
        const { code: outcome, messages } = await client.unary(GET, 'request');
        assert.deepEqual([outcome, messages], [0, ['request']]);
        assert.deepEqual(calls(), [1, 1]);
      });
    }

    it('another status is not', async () => {
      refuse(firstly(1, 9));
      assert.equal((await client.unary(GET, 'request')).code, 9);
      assert.deepEqual(calls(), [0, 1]);
    });

    it('not for ever: the status of the last try is the answer, with its trailers', async () => {
      refuse(firstly(99, UNAVAILABLE, { 'x-echo': 'last' }));
      const { code, details, echo } = await client.unary(GET, 'request');
      assert.deepEqual([code, details, echo], [UNAVAILABLE, 'not now', 'last']);
      assert.deepEqual(calls(), [1, 2]);
    });

    it('the trailers of the try that went well are the answer', async () => {
      refuse(firstly(1, UNAVAILABLE, { 'x-echo': 'first' }));
      assert.equal((await client.unary(GET, 'request', { 'x-echo': 'second' })).echo, 'second');
    });

    it('the service is told how many tries there were', async () => {
      const seen: (string | undefined)[] = [];
      const twice = firstly(2, UNAVAILABLE);
      refuse((metadata) => {
        seen.push(metadata.get('grpc-previous-rpc-attempts')[0]?.toString());
        return twice(metadata, 0);
      });
      assert.equal((await client.unary(GET, 'request')).code, 0);
      assert.deepEqual(seen, [undefined, '1', '2']);

      seen.length = 0;
      const once = firstly(1, UNAVAILABLE);
      refuse((metadata) => {
        seen.push(metadata.get('grpc-previous-rpc-attempts')[0]?.toString());
        return once(metadata, 0);
      });
      await client.unary(GET, 'request', { 'grpc-previous-rpc-attempts': '3' });
      assert.deepEqual(seen, ['3', '4'], 'tries of the client count too');
    });

    it('a service that asks for a pause, or for no more tries, gets none from the gateway', async () => {
      for (const pushback of ['-1', '500', 'never']) {
        refuse(firstly(1, UNAVAILABLE, { 'grpc-retry-pushback-ms': pushback }));
        assert.equal((await client.unary(GET, 'request')).code, UNAVAILABLE, pushback);
        assert.deepEqual(calls(), [0, 1], pushback);
      }
      refuse(firstly(1, UNAVAILABLE, { 'grpc-retry-pushback-ms': '0' }));
      assert.equal((await client.unary(GET, 'request')).code, 0);
    });

    it('the messages of a streaming call are sent again, those that came before the answer and those after', async () => {
      refuse(firstly(1, UNAVAILABLE));
      const outcome = await client.chat(['one', 'two', 'three']);
      assert.deepEqual([outcome.code, outcome.messages], [0, ['one', 'two', 'three']]);
      assert.deepEqual(calls(), [1, 1]);
      refuse(firstly(1, UNAVAILABLE));
      assert.deepEqual((await client.put(['a', 'b', 'c'])).messages, ['abc']);
    });

    it('not a request that is larger than body_limit', async () => {
      refuse(firstly(1, UNAVAILABLE));
      assert.equal((await client.unary(GET, 'x'.repeat(2_000))).code, UNAVAILABLE);
      assert.deepEqual(calls(), [0, 1]);
    });

    it('not once a message of the response has been sent', async () => {
      const { code, messages } = await client.chat(['one', `fail ${UNAVAILABLE}`]);
      assert.deepEqual([code, messages], [UNAVAILABLE, ['one']]);
      assert.deepEqual(calls(), [0, 1]);
    });
  });

  it('deadline and number of tries go on where plugins change the request', async () => {
    const { routes, ...rest } = routed({ on: ['unavailable'] });
    const edit = { name: 'headers', config: { request: { set: { 'x-edited': 'yes' } } } };
    await gateway.reload({ ...rest, routes: routes.map((route) => ({ ...route, middleware: [edit] })) });
    const seen: (string | undefined)[][] = [];
    const left: number[] = [];
    const once = firstly(1, UNAVAILABLE);
    refuse((metadata, deadline) => {
      seen.push(['x-edited', 'grpc-previous-rpc-attempts'].map((name) => metadata.get(name)[0]?.toString()));
      left.push(deadline);
      return once(metadata, deadline);
    });
    const { code } = await client.unary(GET, 'request', {}, { deadline: Date.now() + 60_000 });
    assert.equal(code, 0);
    assert.deepEqual(seen, [
      ['yes', undefined],
      ['yes', '1'],
    ]);
    assert.ok(
      left.every((ms) => ms > 0 && ms < 60_000),
      `${left} ms`,
    );
  });

  it('not unless the route says so: calls are POST', async () => {
    await gateway.reload(routed({ on: ['connect-failure', 'reset', 'timeout', 502, 503, 504], attempts: 2 }));
    refuse(firstly(1, UNAVAILABLE));
    assert.equal((await client.unary(GET, 'request')).code, UNAVAILABLE);
    assert.deepEqual(calls(), [0, 1]);
  });

  it('not what the list leaves out', async () => {
    await gateway.reload(routed({ on: ['internal'], attempts: 2 }));
    refuse(firstly(1, UNAVAILABLE));
    assert.equal((await client.unary(GET, 'request')).code, UNAVAILABLE);
  });

  it('not beyond the budget', async () => {
    await gateway.reload(routed({ on: ['unavailable'], budget: '0%' }));
    refuse(firstly(1, UNAVAILABLE));
    assert.equal((await client.unary(GET, 'request')).code, UNAVAILABLE);
    assert.deepEqual(calls(), [0, 1]);
  });
});

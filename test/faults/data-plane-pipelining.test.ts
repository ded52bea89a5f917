/** Requests that share connections to an endpoint, while clients, responses and connections go wrong. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { Load, type LoadOptions, underLoad } from '../support/load.ts';
import { type OriginConnection, okResponse, ScriptedOrigin } from '../support/origin.ts';
import { Random } from '../support/random.ts';
import { RawClient, once as send } from '../support/raw-client.ts';
import { type Field, message, type WireRequest } from '../support/wire.ts';

/** @returns false when the connection takes no more requests */
type Act = (request: WireRequest, connection: OriginConnection, count: number) => boolean | Promise<boolean>;

const FALLBACKS = 'octopus_upstream_pipelining_fallbacks_total';

/** Every response names its request, so that one that reaches the wrong client shows. */
function responseTo({ method, target, body }: WireRequest, ...fields: readonly Field[]): string {
  const bytes = okResponse(`${target} ${body}`, ...fields);
  return method === 'HEAD' ? bytes.slice(0, bytes.indexOf('\r\n\r\n') + 4) : bytes;
}

const answer: Act = (request, connection) => {
  connection.write(responseTo(request));
  return true;
};

let act: Act = answer;
let origin: ScriptedOrigin;
let gateway: Gateway;
/** Most requests that were waiting on one connection at a time. */
let deepest = 0;
let posts: string[] = [];

function config(pipelining: number): GatewayConfig {
  const upstream = { endpoints: [origin.address], connections: { max: 64 } };
  return {
    upstreams: [
      { name: 'shared', ...upstream, pipelining },
      { name: 'closes', ...upstream, pipelining },
      { name: 'slow', ...upstream, pipelining },
    ],
    routes: [
      { path: '/shared/*', upstream: 'shared' },
      { path: '/closes/*', upstream: 'closes' },
      { path: '/slow/*', upstream: 'slow', timeout: '2s', retries: 0 },
    ],
  };
}

before(async () => {
  origin = await new ScriptedOrigin(async (connection) => {
    for (let count = 1; ; count++) {
      const request = await connection.request(24 * 3_600_000);
      if (request === null) return connection.end();
      const waiting = connection.received.split(' HTTP/1.1\r\n').length;
      deepest = Math.max(deepest, waiting);
      if (request.method === 'POST') posts.push(request.target);
      if (!(await act(request, connection, count))) return;
    }
  }).listen();
  gateway = await startGateway(config(8), { workers: 1 });
});

after(async () => {
  await gateway?.stop();
  await origin?.close();
});

afterEach(() => {
  act = answer;
  posts = [];
  deepest = 0;
});

const fallbacks = async (upstream: string): Promise<number> =>
  (await gateway.metrics()).sum(FALLBACKS, { upstream });

function load(prefix: string, connections = 32): LoadOptions {
  const request = (i: number): string => message(`GET /${prefix}/${i} HTTP/1.1`, 'Host: a');
  return { port: gateway.port, connections, request };
}

/** One client that sends request after request and compares each body with what it asked for. */
async function exact(prefix: string, lane: number, count: number, methods: readonly string[]): Promise<void> {
  const client = await RawClient.connect(gateway.port);
  for (let i = 0; i < count; i++) {
    const target = `/${prefix}/${lane}-${i}`;
    const method = methods[(lane + i) % methods.length]!;
    const body = method === 'POST' ? `body of ${lane}-${i}` : '';
    const length = body === '' ? [] : [`Content-Length: ${body.length}`];
    const response = await client.request(
      message(`${method} ${target} HTTP/1.1`, 'Host: a', ...length) + body,
    );
    assert.equal(response.status, 200, `${method} ${target}: ${response.body}`);
    assert.equal(response.body, method === 'HEAD' ? '' : `${target} ${body}`);
  }
  client.destroy();
}

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/** That many such clients. */
const lanes = (prefix: string, count: number, each: number, methods = [...SAFE, 'POST']): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, lane) => exact(prefix, lane, each, methods)));

describe('pipelining through the gateway', () => {
  it('gives everybody the response to their own request', async () => {
    await lanes('shared', 32, 40);
    assert.ok(deepest > 1, `requests did share connections: ${deepest}`);
    assert.ok(deepest <= 8);
    assert.equal(new Set(posts).size, posts.length, 'no POST came twice');
    assert.equal(await fallbacks('shared'), 0);
  });

  it('requests with a body do not share connections', async () => {
    let mixed = '';
    act = async (request, connection) => {
      if (request.method === 'POST') {
        await sleep(2);
        if (connection.received !== '') mixed = connection.received;
      }
      return answer(request, connection, 0);
    };
    await lanes('shared', 16, 12);
    assert.equal(mixed, '');
  });

  it('connections that close again and again, with and without a word, fail nothing', async () => {
    const random = new Random(7);
    let closed = 0;
    // More than a hundred responses each: such closes are ordinary and do not end the pipelining.
    act = async (request, connection, count) => {
      if (count < 110 || random.next() > 0.2) return answer(request, connection, count);
      closed++;
      const kind = random.below(3);
      if (kind === 0) connection.reset();
      else {
        if (kind === 1) connection.write(responseTo(request, ['Connection', 'close']));
        else answer(request, connection, count);
        connection.end();
      }
      return false;
    };
    await lanes('shared', 32, 300, SAFE);
    assert.ok(closed > 10, `${closed} connections closed`);
    assert.ok(deepest > 1, 'requests did share connections');
    const metrics = await gateway.metrics();
    assert.equal(metrics.sum(FALLBACKS, { upstream: 'shared' }), 0);
    assert.equal(
      metrics.sum('octopus_upstream_retries_total', { upstream: 'shared' }),
      0,
      'they are no retries',
    );
  });

  it('clients that go away in the middle disturb nobody', async () => {
    act = async (request, connection, count) => {
      await sleep(1);
      return answer(request, connection, count);
    };
    let leaving = true;
    const leave = async (): Promise<void> => {
      while (leaving) {
        const client = await RawClient.connect(gateway.port);
        client.write(message('GET /shared/gone HTTP/1.1', 'Host: a'));
        await sleep(1);
        client.reset();
      }
    };
    const gone = Promise.all([leave(), leave(), leave()]);
    await lanes('shared', 16, 40);
    leaving = false;
    await gone;
  });

  it('a client that does not read holds up nobody for long', async () => {
    const size = 32_000_000;
    let started = false;
    act = (request, connection, count) => {
      if (!request.target.endsWith('/large')) return answer(request, connection, count);
      connection.write(okResponse('x'.repeat(size)));
      started = true;
      return true;
    };
    const client = net.connect({ port: gateway.port, host: '127.0.0.1' });
    client.write(message('GET /shared/large HTTP/1.1', 'Host: a', 'Connection: close'));
    await eventually(async () => started, 'the large response');
    await lanes('shared', 16, 8);
    let bytes = 0;
    client.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(client, 'end');
    client.destroy();
    assert.ok(bytes > size, 'the whole response');
  });
});

describe('endpoints that cannot take it', () => {
  it('closing early: no request fails, and for a while nothing is pipelined', async () => {
    act = (request, connection, count) => {
      answer(request, connection, count);
      if (connection.received === '') return true;
      connection.end();
      return false;
    };
    const { failures } = await underLoad(load('closes'), (running) => running.more(500));
    assert.deepEqual(failures, []);
    assert.equal(await fallbacks('closes'), 1);
    act = answer;
    deepest = 0;
    await underLoad(load('closes'), (running) => running.more(500));
    assert.equal(deepest, 1, 'one request at a time');
  });

  it('a response that does not come in time: 504 for its request, all others are answered', async () => {
    act = (request, connection, count) => {
      if (request.target.endsWith('/never')) return new Promise<boolean>(() => {});
      return answer(request, connection, count);
    };
    const running = new Load(load('slow', 8)).start();
    await running.more(100);
    const late = await send(gateway.port, message('GET /slow/never HTTP/1.1', 'Host: a'));
    await running.more(100);
    await running.stop();
    assert.equal(late.status, 504);
    assert.deepEqual(running.failures, []);
    await eventually(async () => (await fallbacks('slow')) <= 1, 'the counter');
  });
});

describe('a reload', () => {
  it('switches pipelining on and off under load', async () => {
    const { failures } = await underLoad(load('shared', 16), async (running) => {
      for (const pipelining of [1, 8, 2, 64, 1, 8]) {
        await running.more(200);
        await gateway.reload(config(pipelining));
      }
      await running.more(200);
    });
    assert.deepEqual(failures, []);
    const open = (): Promise<boolean> =>
      gateway
        .metrics()
        .then((metrics) => metrics.sum('octopus_upstream_connections', { upstream: 'shared' }) <= 64);
    await eventually(open, 'the pools of before to be closed');
  });
});

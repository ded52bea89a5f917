import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { cellBuffers, cellsOf, upstreamOf } from '../../../test/support/upstream-records.ts';
import type { Endpoint, HealthCheck, Upstream } from '../../routing/model.ts';
import type { EndpointCells } from '../../shared/endpoint-cells.ts';
import { HealthChecker, type HealthTransition } from './health-checker.ts';

const SETTINGS: HealthCheck = {
  path: '/health',
  grpcService: null,
  interval: 40,
  timeout: 500,
  healthyAfter: 2,
  unhealthyAfter: 3,
  expect: [[200, 399]],
};

const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();
let cells: EndpointCells;
let checker: HealthChecker;
let transitions: HealthTransition[];
let resolve: (host: string) => readonly string[];

beforeEach(() => {
  cells = cellsOf(cellBuffers(), -1).endpoints;
  transitions = [];
  resolve = (host) => [host];
  checker = new HealthChecker({
    cells,
    resolve: (host) => resolve(host),
    credentials: () => undefined,
    onTransition: (transition) => transitions.push(transition),
  });
});

afterEach(() => {
  checker.stop();
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: net.Server, port = 0): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A service whose health the test sets. */
async function service(): Promise<{
  port: number;
  answer: { status: number };
  requests: http.IncomingMessage[];
}> {
  const answer = { status: 200 };
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    response.writeHead(answer.status).end('details');
  });
  return { port: await listen(server), answer, requests };
}

function endpointAt(port: number, slot = 0, host = '127.0.0.1'): Endpoint {
  return { address: `${host}:${port}`, host, port, tls: false, weight: 1, slot };
}

function watch(endpoints: Endpoint[], settings: Partial<HealthCheck> = {}): Upstream {
  const record = upstreamOf([], { endpoints, healthCheck: { ...SETTINGS, ...settings } });
  checker.update([record]);
  return record;
}

const stateOf = (slot = 0) => cells.status(slot, 0).health;

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `timed out: ${what}; ${JSON.stringify(checker.lastCheck(0))}`);
    await wait(5);
  }
}

describe('health checks', () => {
  it('sends a plain GET that says what it is', async () => {
    const { port, requests } = await service();
    watch([endpointAt(port)], { path: '/health?deep=1' });
    await until(() => requests.length > 0, 'a check');
    const { method, url, headers, httpVersion } = requests[0]!;
    assert.deepEqual([method, url, httpVersion], ['GET', '/health?deep=1', '1.1']);
    assert.equal(headers.host, `127.0.0.1:${port}`);
    assert.equal(headers['user-agent'], 'octopus-health');
  });

  it('healthy with the first good check, unhealthy and healthy again after as many as told', async () => {
    const { port, answer, requests } = await service();
    const statuses: number[] = [];
    watch([endpointAt(port)]);
    await until(() => stateOf() === 'healthy', 'healthy');
    assert.equal(requests.length, 1);
    answer.status = 503;
    let before = requests.length;
    await until(() => stateOf() === 'unhealthy', 'unhealthy');
    statuses.push(requests.length - before);
    assert.equal(checker.lastCheck(0)!.error, 'status 503 is not expected');
    assert.equal(checker.lastCheck(0)!.status, 503);
    answer.status = 204;
    before = requests.length;
    await until(() => stateOf() === 'healthy', 'healthy again');
    statuses.push(requests.length - before);
    assert.equal(checker.lastCheck(0)!.error, '');
    assert.deepEqual(statuses, [3, 2]);
    assert.deepEqual(
      transitions.map(({ healthy, first, reason }) => ({ healthy, first, reason })),
      [
        { healthy: true, first: true, reason: '' },
        { healthy: false, first: false, reason: 'status 503 is not expected' },
        { healthy: true, first: false, reason: '' },
      ],
    );
  });

  it('failures that are not in a row do not add up', async () => {
    const { port, answer, requests } = await service();
    watch([endpointAt(port)]);
    for (let round = 0; round < 3; round++) {
      answer.status = 500;
      const before = requests.length;
      await until(() => requests.length >= before + 1, 'a bad check');
      answer.status = 200;
      await until(() => checker.lastCheck(0)?.error === '', 'a good check');
    }
    assert.equal(stateOf(), 'healthy');
  });

  it('judges by the configured statuses', async () => {
    const { port, answer } = await service();
    answer.status = 401;
    watch([endpointAt(port)], {
      expect: [
        [200, 204],
        [401, 401],
      ],
    });
    await until(() => stateOf() === 'healthy', 'healthy');
    answer.status = 302;
    await until(() => stateOf() === 'unhealthy', 'unhealthy');
  });

  it('checks in the rhythm of the interval', async () => {
    const { port, requests } = await service();
    watch([endpointAt(port)], { interval: 100 });
    await until(() => requests.length > 0, 'the first check');
    await wait(1_000);
    assert.ok(requests.length >= 8 && requests.length <= 12, `${requests.length} checks in 1 s`);
  });

  const FAULTS: readonly { name: string; answer: (socket: net.Socket) => void; reason: RegExp }[] = [
    { name: 'says nothing', answer: () => {}, reason: /no answer within 100 ms/ },
    {
      name: 'drips its head',
      answer: (socket) => socket.write('HTTP/1.1 200'),
      reason: /no answer within 100 ms/,
    },
    { name: 'closes at once', answer: (socket) => socket.end(), reason: /closed without an answer/ },
    { name: 'resets', answer: (socket) => socket.resetAndDestroy(), reason: /reset|closed without/ },
    {
      name: 'speaks no HTTP',
      answer: (socket) => socket.end('SSH-2.0-x\r\n\r\n'),
      reason: /malformed answer/,
    },
  ];
  for (const { name, answer, reason } of FAULTS) {
    it(`a service that ${name} is unhealthy`, async () => {
      const server = net.createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => answer(socket));
      });
      watch([endpointAt(await listen(server))], { timeout: 100 });
      await until(() => stateOf() === 'unhealthy', 'unhealthy');
      assert.match(checker.lastCheck(0)!.error, reason);
    });
  }

  it('a service that is gone is unhealthy, and healthy when it is back', async () => {
    const first = http.createServer((_, response) => response.end());
    const port = await listen(first);
    watch([endpointAt(port)]);
    await until(() => stateOf() === 'healthy', 'healthy');
    first.close();
    first.closeAllConnections();
    await until(() => stateOf() === 'unhealthy', 'unhealthy');
    assert.equal(checker.lastCheck(0)!.error, 'connection refused');
    await listen(
      http.createServer((_, response) => response.end()),
      port,
    );
    await until(() => stateOf() === 'healthy', 'healthy again');
  });

  it('a body without end does not hold the check', async () => {
    const server = http.createServer((_, response) => {
      response.write('x');
      const drip = setInterval(() => response.write('x'.repeat(1_000)), 10);
      response.on('close', () => clearInterval(drip));
    });
    const port = await listen(server);
    watch([endpointAt(port)], { timeout: 200 });
    await until(() => stateOf() === 'healthy', 'healthy');
    await wait(400);
    assert.equal(stateOf(), 'healthy');
    assert.ok(sockets.size < 15, `${sockets.size} connections are open`);
  });

  it('does not blame the endpoint when this thread was busy', async () => {
    // On a thread of its own, so that it answers while this one is blocked.
    const code = `
      const server = require('node:http').createServer((_, response) => setTimeout(() => response.end(), 20));
      server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));
    `;
    const thread = new Worker(code, { eval: true });
    const [port] = (await once(thread, 'message')) as [number];
    watch([endpointAt(port)], { interval: 10, timeout: 100, unhealthyAfter: 1 });
    await until(() => stateOf() === 'healthy', 'healthy');
    for (let round = 0; round < 10; round++) {
      // Long enough for a check to be sent, too short for its answer.
      await wait(10 + round);
      const end = performance.now() + 150;
      while (performance.now() < end);
    }
    assert.deepEqual(
      transitions.filter(({ healthy }) => !healthy),
      [],
    );
    await thread.terminate();
  });

  it('takes the addresses of a name in turn; a name without address is unhealthy', async () => {
    const seen = new Set<string>();
    const server = http.createServer((request, response) => {
      seen.add(request.socket.localAddress!);
      assert.equal(request.headers.host, `users.test:${port}`);
      response.end();
    });
    servers.push(server);
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    resolve = () => ['127.0.0.1', '127.0.0.2'];
    watch([endpointAt(port, 0, 'users.test')]);
    await until(() => seen.size === 2, 'both addresses');
    resolve = () => [];
    await until(() => stateOf() === 'unhealthy', 'unhealthy');
    assert.equal(checker.lastCheck(0)!.error, 'users.test has no address');
  });
});

describe('health checks across reloads', () => {
  it('an endpoint that stays keeps its state and gets no extra check', async () => {
    const { port, answer, requests } = await service();
    const record = watch([endpointAt(port)]);
    answer.status = 500;
    await until(() => stateOf() === 'unhealthy', 'unhealthy');
    const before = requests.length;
    for (let reload = 0; reload < 100; reload++) checker.update([structuredClone(record)]);
    await wait(100);
    assert.equal(stateOf(), 'unhealthy');
    assert.ok(requests.length - before <= 4, `${requests.length - before} checks in 100 ms`);
    assert.equal(transitions.length, transitions.filter(({ slot }) => slot === 0).length);
  });

  it('new settings count at once and the state stays', async () => {
    const { port, answer } = await service();
    answer.status = 500;
    watch([endpointAt(port)], { interval: 60_000, unhealthyAfter: 1 });
    await until(() => stateOf() === 'unhealthy', 'unhealthy');
    watch([endpointAt(port)], { healthyAfter: 1, expect: [[500, 500]] });
    assert.equal(stateOf(), 'unhealthy');
    await until(() => stateOf() === 'healthy', 'healthy by the new settings');
  });

  it('an endpoint that is gone, or is checked no more, counts as unknown', async () => {
    const { port, requests } = await service();
    const record = watch([endpointAt(port, 0), endpointAt(port, 1)]);
    await until(() => stateOf(0) === 'healthy' && stateOf(1) === 'healthy', 'both healthy');
    checker.update([{ ...record, endpoints: [record.endpoints[1]!] }]);
    assert.deepEqual([stateOf(0), stateOf(1)], ['unknown', 'healthy']);
    assert.equal(checker.lastCheck(0), null);
    checker.update([{ ...record, healthCheck: null }]);
    assert.equal(stateOf(1), 'unknown');
    await wait(60);
    const before = requests.length;
    await wait(200);
    assert.equal(requests.length, before);
  });

  it('a slot with a new owner starts afresh', async () => {
    const { port, answer } = await service();
    answer.status = 500;
    watch([endpointAt(port)], { unhealthyAfter: 1 });
    await until(() => stateOf() === 'unhealthy', 'unhealthy');
    const other = await service();
    watch([endpointAt(other.port)]);
    assert.equal(stateOf(), 'unknown');
    await until(() => stateOf() === 'healthy', 'healthy');
    assert.equal(transitions.at(-1)!.endpoint, `127.0.0.1:${other.port}`);
  });

  it('no check after the stop', async () => {
    const { port, requests } = await service();
    watch([endpointAt(port)]);
    await until(() => requests.length > 1, 'checks');
    checker.stop();
    await wait(50);
    const before = requests.length;
    await wait(200);
    assert.equal(requests.length, before);
  });

  it('1,000 endpoints: all are judged, no more than 256 connections at once', async () => {
    let most = 0;
    const server = http.createServer((_, response) => {
      most = Math.max(most, sockets.size);
      setTimeout(() => response.end(), 5);
    });
    const port = await listen(server);
    const endpoints = Array.from({ length: 1_000 }, (_, slot) => endpointAt(port, slot));
    watch(endpoints, { interval: 30_000, timeout: 5_000 });
    const healthy = () => endpoints.filter(({ slot }) => stateOf(slot) === 'healthy').length;
    const deadline = Date.now() + 30_000;
    while (healthy() < endpoints.length) {
      assert.ok(Date.now() < deadline, `${healthy()} of 1000 are healthy`);
      await wait(50);
    }
    assert.ok(most <= 300, `${most} connections at once`);
  });
});

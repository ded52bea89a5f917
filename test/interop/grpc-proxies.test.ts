/** gRPC with nginx and HAProxy before and behind the gateway: what the proxy makes of a call is what comes of it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { ask, GrpcCaller, GrpcService, type Outcome } from '../support/grpc-peer.ts';
import { type RunningProxy, startGrpcHaproxy, startGrpcNginx } from './proxies.ts';

const PROXIES = { nginx: startGrpcNginx, haproxy: startGrpcHaproxy };
type Name = keyof typeof PROXIES;
const NAMES = ['nginx', 'haproxy'] as const;
const PINGS = [ask({ sizes: [31_415] }, 27_182), ask({ sizes: [9] }, 8), ask({ sizes: [58_979] }, 45_904)];

function echo(): Metadata {
  const metadata = new Metadata();
  metadata.add('x-echo-initial', 'wert');
  metadata.add('x-echo-trailing-bin', Buffer.from([0xab, 0, 0xff]));
  return metadata;
}

const CASES: readonly [name: string, run: (caller: GrpcCaller) => Promise<Outcome>, code: number][] = [
  ['empty_unary', (caller) => caller.unary('Empty', Buffer.alloc(0)), 0],
  ['large_unary', (caller) => caller.unary('Unary', ask({ sizes: [314_159] }, 271_828)), 0],
  ['client_streaming', (caller) => caller.collect([27_182, 8, 45_904].map((size) => ask({}, size))), 0],
  ['server_streaming', (caller) => caller.list(ask({ sizes: [31_415, 9, 58_979] })), 0],
  ['ping_pong', (caller) => caller.pingPong(PINGS, { metadata: echo() }), 0],
  ['empty_stream', (caller) => caller.pingPong([]), 0],
  ['status', (caller) => caller.unary('Unary', ask({ status: { code: 9, details: 'nein ☺' } })), 9],
  ['unimplemented_method', (caller) => caller.unary('Gone', Buffer.alloc(0)), 12],
  ['cancel_after_first_response', (caller) => caller.pingPong(PINGS, { cancelAfter: 1 }), 1],
];

let service: GrpcService;
let gateway: Gateway;
const behind = new Map<Name, RunningProxy | { missing: string }>();
const inFront = new Map<Name, RunningProxy | { missing: string }>();

before(async () => {
  service = await new GrpcService().start();
  for (const name of NAMES) behind.set(name, await PROXIES[name](service.port));
  const ports = NAMES.map((name) => [name, portOf(behind.get(name)!)] as const).filter(
    ([, port]) => port > 0,
  );
  gateway = await startGateway({
    upstreams: [
      { name: 'service', endpoints: [`127.0.0.1:${service.port}`], protocol: 'h2' },
      ...ports.map(([name, port]) => ({ name, endpoints: [`127.0.0.1:${port}`], protocol: 'h2' })),
    ],
    routes: [
      ...ports.map(([name]) => ({ path: '/*', upstream: name, headers: { 'x-by': name }, priority: 1 })),
      { path: '/*', upstream: 'service' },
    ],
  });
  for (const name of NAMES) inFront.set(name, await PROXIES[name](gateway.port));
});

after(async () => {
  for (const proxy of [...behind.values(), ...inFront.values()]) if ('stop' in proxy) await proxy.stop();
  await gateway?.stop();
  service?.stop();
});

function portOf(proxy: RunningProxy | { missing: string }): number {
  return 'missing' in proxy ? 0 : proxy.port;
}

for (const name of NAMES) {
  describe(`gRPC and ${name}`, () => {
    for (const [title, run, code] of CASES) {
      it(`${title}: before and behind the gateway as without it`, async (context) => {
        const [alone, front] = [behind.get(name)!, inFront.get(name)!];
        if ('missing' in alone) return context.skip(alone.missing);
        if ('missing' in front) return context.skip(front.missing);
        const callers = [
          new GrpcCaller(alone.port),
          new GrpcCaller(front.port),
          new GrpcCaller(gateway.port, {}, { 'x-by': name }),
        ];
        const [expected, ...outcomes] = await Promise.all(callers.map(run));
        assert.equal(expected!.code, code);
        for (const outcome of outcomes) assert.deepEqual(outcome, expected);
        for (const caller of callers) caller.close();
      });
    }

    it('calls did go through it', async (context) => {
      if ('missing' in behind.get(name)!) return context.skip('as above');
      await eventually(async () => {
        const metrics = await gateway.metrics();
        return metrics.sum('octopus_upstream_requests_total', { upstream: name }) >= CASES.length - 1;
      }, 'them to be counted');
    });

    it('a client that cancels is noticed by the service through both', async (context) => {
      const front = inFront.get(name)!;
      if ('missing' in front) return context.skip(front.missing);
      const caller = new GrpcCaller(front.port);
      const { cancelled } = service;
      await caller.unary('Sleep', Buffer.alloc(0), { deadline: Date.now() + 1_000 });
      await eventually(async () => service.cancelled > cancelled, 'the service to see it');
      caller.close();
    });
  });
}

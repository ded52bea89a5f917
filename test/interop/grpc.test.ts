/**
 * gRPC with grpc-js at both ends: the cases of the public interoperability list, directly and through the gateway, with
 * equal results. Not among them: those for credentials of one cloud (their tokens are metadata like any other, see
 * custom_metadata), and cacheable_unary, which is about GET and a caching proxy and which grpc-js does not have.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { FlagService, frame, messagesOf } from '../support/grpc-flags.ts';
import { ask, GrpcCaller, GrpcService, type Outcome, type Wish } from '../support/grpc-peer.ts';
import { Http2Client } from '../support/http2-client.ts';
import { deadPort } from '../support/ports.ts';

const SOAK = process.env['OCTOPUS_SOAK'] !== undefined;
const LARGE_REQUEST = 271_828;
const LARGE_RESPONSE = 314_159;
/** Channel option of grpc-js: gzip. */
const COMPRESSING = { 'grpc.default_compression_algorithm': 2 };

let service: GrpcService;
let flags: FlagService;
let gateway: Gateway;
let direct: GrpcCaller;
let through: GrpcCaller;

before(async () => {
  service = await new GrpcService().start();
  flags = await new FlagService().start();
  const gone = await deadPort();
  gateway = await startGateway({
    upstreams: [
      { name: 'service', endpoints: [`127.0.0.1:${service.port}`], protocol: 'h2' },
      { name: 'flags', endpoints: [`127.0.0.1:${flags.port}`], protocol: 'h2' },
      { name: 'gone', endpoints: [`127.0.0.1:${gone}`], protocol: 'h2' },
    ],
    routes: [
      {
        path: '/test.v1.Test/*',
        upstream: 'service',
        headers: { 'x-limited': '1' },
        priority: 1,
        middleware: [{ name: 'rate-limit', config: { limit: 1, window: '1h' } }],
      },
      { path: '/test.v1.Test/Empty', upstream: 'gone', headers: { 'x-gone': '1' }, priority: 1, retries: 0 },
      { path: '/test.v1.Test/*', upstream: 'flags', headers: { 'x-flags': '1' }, priority: 1 },
      { path: '/test.v1.Flags/*', upstream: 'flags' },
      { path: '/test.v1.Test/*', upstream: 'service' },
    ],
  });
  direct = new GrpcCaller(service.port);
  through = new GrpcCaller(gateway.port);
});

after(async () => {
  direct?.close();
  through?.close();
  await gateway?.stop();
  service?.stop();
  flags?.stop();
});

const metadata = (fields: Record<string, string>): Metadata => {
  const result = new Metadata();
  for (const [name, value] of Object.entries(fields)) result.add(name, value);
  return result;
};
const largeUnary = (caller: GrpcCaller): Promise<Outcome> =>
  caller.unary('Unary', ask({ sizes: [LARGE_RESPONSE] }, LARGE_REQUEST));
const failing = (details: string): Buffer => ask({ status: { code: 2, details } });
const echo = (): Metadata => {
  const result = metadata({ 'x-echo-initial': 'test_initial_metadata_value', authorization: 'Bearer t' });
  result.add('x-echo-trailing-bin', Buffer.from([0xab, 0xab, 0xab]));
  return result;
};
const WEIRD = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
const PING_PONG: readonly [answer: number, payload: number][] = [
  [31_415, 27_182],
  [9, 8],
  [2_653, 1_828],
  [58_979, 45_904],
];
const pings = PING_PONG.map(([answer, payload]) => ask({ sizes: [answer] }, payload));

const CASES: readonly [name: string, run: (caller: GrpcCaller) => Promise<Outcome>, code: number][] = [
  ['empty_unary', (caller) => caller.unary('Empty', Buffer.alloc(0)), 0],
  ['large_unary', largeUnary, 0],
  [
    'client_streaming',
    (caller) => caller.collect([27_182, 8, 1_828, 45_904].map((size) => ask({}, size))),
    0,
  ],
  ['server_streaming', (caller) => caller.list(ask({ sizes: [31_415, 9, 2_653, 58_979] })), 0],
  ['ping_pong', (caller) => caller.pingPong(pings), 0],
  ['empty_stream', (caller) => caller.pingPong([]), 0],
  ['custom_metadata, unary', (caller) => caller.unary('Unary', ask({}), { metadata: echo() }), 0],
  ['custom_metadata, duplex', (caller) => caller.pingPong(pings, { metadata: echo() }), 0],
  ['status_code_and_message, unary', (caller) => caller.unary('Unary', failing('test status message')), 2],
  ['status_code_and_message, duplex', (caller) => caller.pingPong([failing('test status message')]), 2],
  ['special_status_message', (caller) => caller.unary('Unary', failing(WEIRD)), 2],
  ['unimplemented_method', (caller) => caller.unary('Gone', Buffer.alloc(0)), 12],
  ['cancel_after_begin', (caller) => caller.collect([], [], true), 1],
  ['cancel_after_first_response', (caller) => caller.pingPong(pings, { cancelAfter: 1 }), 1],
];

describe('gRPC', () => {
  for (const [name, run, code] of CASES) {
    it(`${name} is the same through the gateway`, async () => {
      const expected = await run(direct);
      const actual = await run(through);
      assert.deepEqual(actual, expected);
      assert.equal(actual.code, code);
    });
  }

  it('what the cases are about did happen', async () => {
    const outcome = await through.pingPong(pings, { metadata: echo() });
    assert.deepEqual(
      outcome.messages,
      PING_PONG.map(([size]) => `${size} bytes of zeros`),
    );
    assert.deepEqual(outcome.initial, { 'x-echo-initial': ['test_initial_metadata_value'] });
    assert.deepEqual(outcome.trailers, { 'x-echo-trailing-bin': [Buffer.from([0xab, 0xab, 0xab])] });
    assert.equal((await through.unary('Unary', failing(WEIRD))).details, WEIRD);
    const before = service.cancelled;
    await through.pingPong(pings, { cancelAfter: 2 });
    await eventually(async () => service.cancelled > before, 'the service to see that it was cancelled');
  });

  it('unimplemented_service: what has no route is not implemented', async () => {
    const path = '/test.v1.Nowhere/Any';
    assert.equal((await direct.unary(path, Buffer.alloc(0))).code, 12);
    assert.equal((await through.unary(path, Buffer.alloc(0))).code, 12);
  });

  it('timeout_on_sleeping_server', async () => {
    for (const caller of [direct, through]) {
      const outcome = await caller.pingPong([ask({}, 27_182)], { deadline: Date.now() + 1 });
      assert.equal(outcome.code, 4);
    }
  });

  it('the deadline travels on, shorter by what has passed', async () => {
    const before = service.cancelled;
    const outcome = await through.unary('Sleep', Buffer.alloc(0), { deadline: Date.now() + 1_500 });
    assert.equal(outcome.code, 4);
    assert.ok(service.timeLeft > 0 && service.timeLeft <= 1_500, `${service.timeLeft} ms were left`);
    await eventually(async () => service.cancelled > before, 'the service to see that nobody waits');
  });

  it('a deadline is kept by the gateway when the client does not', async () => {
    const fields = metadata({ 'grpc-timeout': '300m' });
    assert.equal((await through.unary('Sleep', Buffer.alloc(0), { metadata: fields })).code, 4);
  });

  it('concurrent_large_unary: many at once on one channel', async () => {
    const expected = await largeUnary(direct);
    const outcomes = await Promise.all(Array.from({ length: SOAK ? 1_000 : 60 }, () => largeUnary(through)));
    for (const outcome of outcomes) assert.deepEqual(outcome, expected);
  });

  it('rpc_soak and channel_soak: one after the other, on one channel and each on its own', async () => {
    for (let i = 0; i < (SOAK ? 1_000 : 50); i++) assert.equal((await largeUnary(through)).code, 0);
    for (let i = 0; i < (SOAK ? 200 : 20); i++) {
      const own = new GrpcCaller(gateway.port, { 'grpc.use_local_subchannel_pool': 1 });
      assert.equal((await largeUnary(own)).code, 0);
      own.close();
    }
  });

  it('errors of the gateway are statuses of gRPC', async () => {
    const unavailable = await through.unary('Empty', Buffer.alloc(0), {
      metadata: metadata({ 'x-gone': '1' }),
    });
    assert.equal(unavailable.code, 14);
    assert.match(unavailable.details, /Cannot connect to the endpoint/);
    const limited = () =>
      through.unary('Empty', Buffer.alloc(0), { metadata: metadata({ 'x-limited': '1' }) });
    assert.equal((await limited()).code, 0);
    assert.equal((await limited()).code, 8);
  });

  it('calls of one connection are spread over the endpoints', async () => {
    const other = await new GrpcService().start();
    const spread = await startGateway({
      upstreams: [
        {
          name: 'service',
          endpoints: [service, other].map(({ port }) => `127.0.0.1:${port}`),
          protocol: 'h2',
        },
      ],
      routes: [{ path: '/test.v1.Test/*', upstream: 'service' }],
    });
    const caller = new GrpcCaller(spread.port);
    try {
      for (let calls = 0; calls < 20; calls++)
        assert.equal((await caller.unary('Empty', Buffer.alloc(0))).code, 0);
      const admin = `http://127.0.0.1:${spread.adminPort}/metrics`;
      const text = await (await fetch(admin)).text();
      assert.match(text, /octopus_upstream_requests_total\{[^}]*upstream="service"[^}]*\} 20/);
      const counts = [...text.matchAll(/octopus_endpoint_requests_total\{[^}]*\} (\d+)/g)].map(([, count]) =>
        Number(count),
      );
      if (counts.length > 0) assert.deepEqual(counts, [10, 10]);
    } finally {
      caller.close();
      await spread.stop();
      other.stop();
    }
  });
});

describe('gRPC: messages that are compressed one by one', () => {
  /** Those of grpc-js that compress, and one that does not, at the service itself and through the gateway. */
  const callers = (): [GrpcCaller, GrpcCaller][] =>
    [flags.port, gateway.port].map((port) => [new GrpcCaller(port, COMPRESSING), new GrpcCaller(port)]);
  const toFlags = (): { metadata: Metadata } => ({ metadata: metadata({ 'x-flags': '1' }) });

  it('client_compressed_unary', async () => {
    const sizes = [LARGE_RESPONSE];
    for (const [compressing, plain] of callers()) {
      const send = async (caller: GrpcCaller, expectCompressed: boolean): Promise<[number, string[]]> => {
        const request = ask({ sizes, expectCompressed }, LARGE_REQUEST);
        const { code, messages } = await caller.unary('/test.v1.Flags/Unary', request, toFlags());
        return [code, [...messages]];
      };
      assert.deepEqual(await send(plain, true), [3, []]);
      for (const [caller, expected] of [
        [compressing, true],
        [plain, false],
      ] as const)
        assert.deepEqual(await send(caller, expected), [0, [`${LARGE_RESPONSE} bytes of zeros`]]);
      compressing.close();
      plain.close();
    }
  });

  it('client_compressed_streaming', async () => {
    const requests = [ask({ expectCompressed: true }, 27_182), ask({ expectCompressed: false }, 45_904)];
    for (const [compressing, plain] of callers()) {
      assert.equal((await plain.collect(requests.slice(0, 1), [], false, toFlags().metadata)).code, 3);
      const { code, messages } = await compressing.collect(requests, [1], false, toFlags().metadata);
      assert.deepEqual([code, messages], [0, ['73086']]);
      compressing.close();
      plain.close();
    }
  });

  for (const [name, wish] of [
    ['server_compressed_unary, compressed', { sizes: [LARGE_RESPONSE], compressed: [true] }],
    ['server_compressed_unary, not compressed', { sizes: [LARGE_RESPONSE], compressed: [false] }],
    ['server_compressed_streaming', { sizes: [31_415, 92_653], compressed: [true, false] }],
  ] satisfies [string, Wish][]) {
    it(name, async () => {
      for (const [caller, other] of callers()) {
        const outcome = await caller.list(ask(wish), toFlags().metadata);
        assert.deepEqual(
          [outcome.code, outcome.messages],
          [0, wish.sizes.map((size) => `${size} bytes of zeros`)],
        );
        caller.close();
        other.close();
      }
      const client = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`);
      const stream = client.stream({
        ':method': 'POST',
        ':path': '/test.v1.Flags/Any',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.end(frame(ask(wish), false));
      await eventually(async () => stream.readableEnded, 'the end');
      const received = messagesOf(Buffer.concat(pieces));
      assert.deepEqual(
        received.map(({ compressed, message }) => [compressed, message.length]),
        wish.sizes.map((size, index) => [wish.compressed[index], size]),
      );
      client.destroy();
    });
  }
});

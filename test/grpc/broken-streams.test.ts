/** Calls of gRPC whose stream ends in the middle: the client gets a status as it would from the service itself (rule D10). */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { frame } from '../support/grpc-flags.ts';
import { GrpcCaller, type Outcome } from '../support/grpc-peer.ts';

const BROKEN_HOOK = `export const plugin = { name: 'broken', version: '1.0.0',
  setup: () => ({ onResponseBody(exchange, chunk) { if (chunk.length > 0 && chunk[5] === 0x62) throw new Error('b'); return chunk; } }) };`;

const sockets = new Set<Socket>();
let cancelled = 0;
/** Sends a message and then does what the metadata say. */
const service = http2.createServer();
service.on('connection', (socket: Socket) => sockets.add(socket));
service.on('stream', (stream, headers) => {
  stream.on('error', () => undefined).on('close', () => cancelled++);
  const { 'x-reset': reset, 'x-then': then } = headers;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.write(frame(Buffer.from('a'), false));
  if (then === 'within') stream.write(frame(Buffer.alloc(100), false).subarray(0, 50));
  if (then === 'more') setTimeout(() => stream.write(frame(Buffer.from('b'), false)), 30);
  if (reset !== undefined) setTimeout(() => stream.close(Number(reset)), 30);
  if (then === 'cut' || then === 'within')
    setTimeout(() => [...sockets].map((socket) => socket.destroy()), 30);
});

let gateway: Gateway;
let direct: GrpcCaller;
let through: GrpcCaller;

before(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  const endpoints = [`127.0.0.1:${port}`];
  gateway = await startGateway(
    {
      plugins: [{ name: 'broken', path: './broken.mjs' }],
      upstreams: [{ name: 'service', endpoints, protocol: 'h2', timeouts: { idle: '1s' } }],
      routes: [
        {
          path: '/*',
          upstream: 'service',
          headers: { 'x-then': 'more' },
          priority: 1,
          middleware: ['broken'],
        },
        { path: '/*', upstream: 'service' },
      ],
    },
    { workers: 1, files: { 'broken.mjs': BROKEN_HOOK } },
  );
  direct = new GrpcCaller(port);
  through = new GrpcCaller(gateway.port);
});

after(async () => {
  direct?.close();
  through?.close();
  await gateway?.stop();
  for (const socket of sockets) socket.destroy();
  service.close();
});

/** With a request stream that stays open, and with one that has ended. */
const KINDS = {
  duplex: (caller: GrpcCaller, metadata: Metadata) =>
    caller.pingPong([Buffer.from('x'), Buffer.from('y')], { metadata }),
  server: (caller: GrpcCaller, metadata: Metadata) => caller.list(Buffer.from('x'), metadata),
} satisfies Record<string, (caller: GrpcCaller, metadata: Metadata) => Promise<Outcome>>;

function fields(all: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(all)) metadata.set(name, value);
  return metadata;
}

for (const [kind, call] of Object.entries(KINDS)) {
  describe(`${kind} streams`, () => {
    for (const [name, reset, code] of [
      ['INTERNAL_ERROR', http2.constants.NGHTTP2_INTERNAL_ERROR, 13],
      ['REFUSED_STREAM', http2.constants.NGHTTP2_REFUSED_STREAM, 14],
      ['CANCEL', http2.constants.NGHTTP2_CANCEL, 1],
      ['ENHANCE_YOUR_CALM', http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, 8],
      ['INADEQUATE_SECURITY', http2.constants.NGHTTP2_INADEQUATE_SECURITY, 7],
      ['a code nobody knows', 99, 13],
    ] as const) {
      it(`the service resets it with ${name}: the status that its own clients see`, async () => {
        const metadata = () => fields({ 'x-reset': String(reset) });
        const expected = await call(direct, metadata());
        const actual = await call(through, metadata());
        assert.equal(expected.code, code);
        assert.deepEqual([actual.code, actual.messages], [code, expected.messages]);
      });
    }

    for (const then of ['cut', 'within']) {
      it(`the connection breaks (${then}): UNAVAILABLE, behind the messages that came before`, async () => {
        const outcome = await call(through, fields({ 'x-then': then }));
        assert.deepEqual([outcome.code, outcome.messages], [14, ['a']]);
        assert.match(outcome.details, /Endpoint closed the connection/);
      });
    }

    it('the deadline passes: DEADLINE_EXCEEDED, and the service is told', async () => {
      const before = cancelled;
      const outcome = await call(through, fields({ 'grpc-timeout': '600m' }));
      assert.deepEqual([outcome.code, outcome.messages], [4, ['a']]);
      await eventually(async () => cancelled > before, 'the service to see it');
    });

    it('timeouts.idle passes: DEADLINE_EXCEEDED', async () => {
      assert.equal((await call(through, fields({}))).code, 4);
    });

    it('a body hook fails: INTERNAL', async () => {
      const outcome = await call(through, fields({ 'x-then': 'more' }));
      assert.deepEqual([outcome.code, outcome.messages], [13, ['a']]);
    });
  });
}

it('the status is that of the access log, too', async () => {
  const isIt = (line: Record<string, unknown>): boolean =>
    line['grpc_status'] !== undefined && line['error'] === 'upstream_timeout';
  const line = await gateway.logLine(isIt, 'the line of a call');
  assert.ok(line['grpc_status'] === 'DEADLINE_EXCEEDED' || line['grpc_status'] === 4, JSON.stringify(line));
});

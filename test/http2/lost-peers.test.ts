/**
 * Clients that do not take their answers, and then leave or read on. nghttp2 makes empty DATA frames for ever for a stream
 * that was destroyed and that it was not told to reset, and its thread never comes back.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import {
  ACK,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  framesOf,
  GOAWAY,
  getRequest,
  HEADERS,
  headerBlock,
  number32,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../support/http2-frames.ts';
import { RawClient } from '../support/raw-client.ts';

const INITIAL_WINDOW_SIZE = 4;
/** Less than the gateway gathers before it sends, so that the response has its end from the start. */
const BODY = 'x'.repeat(5_000);
const WINDOW = 100;
const MOST = 2 ** 30;
const STREAMS = [1, 3];
/** A healthy thread takes milliseconds. */
const PATIENCE = 5_000;
const GET = 'GET /here HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

/** Frames after which the session is over, whoever ends it. */
const ENDS: Record<string, Buffer> = {
  'GOAWAY with an error': frame(GOAWAY, 0, 0, Buffer.concat([number32(0), number32(1)])),
  'GOAWAY in good order': frame(GOAWAY, 0, 0, Buffer.alloc(8)),
  'a frame that ends the connection': frame(DATA, 0, 0, Buffer.from('x')),
  'no more frames': Buffer.alloc(0),
};

/** More than two pieces of a body fit into one read of the gateway, and each is sent by itself. */
const PIECE = Buffer.alloc(20_000);
/** More than the kernel takes for a client that does not read. */
const PIECES = 1_000;
let cut = 0;
/** Answers that have begun and go on when the test says so. */
const begun: http.ServerResponse[] = [];

const service = http.createServer((request, response) => {
  if (request.url === '/begun') {
    response.write(BODY);
    begun.push(response);
  }
  if (request.url === '/early') response.end(BODY);
  if (request.url !== '/large') return;
  response.on('close', () => cut++);
  for (let piece = 0; piece < PIECES; piece++) response.write(PIECE);
});
let gateway: Gateway;

before(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  gateway = await startGateway(
    {
      server: { limits: { body_idle_timeout: '1s' } },
      upstreams: [{ name: 'service', endpoints: [`127.0.0.1:${port}`] }],
      routes: [
        { path: '/service/*', upstream: 'service', strip_prefix: '/service' },
        { path: '/here', respond: { body: BODY } },
      ],
    },
    { workers: 1 },
  );
});

after(async () => {
  service.closeAllConnections();
  service.close();
  // A thread that spins would not let it end by itself.
  await gateway?.stop('SIGKILL');
});

function post(stream: number, path: string, flags = 0): Buffer {
  const head = headerBlock([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', 'a.test'],
    [':path', path],
  ]);
  return Buffer.concat([
    frame(HEADERS, END_HEADERS, stream, head),
    frame(DATA, flags, stream, Buffer.from('begun')),
  ]);
}

function initialWindow(size: number): Buffer {
  const setting = Buffer.alloc(6);
  setting.writeUInt16BE(INITIAL_WINDOW_SIZE, 0);
  setting.writeUInt32BE(size, 2);
  return frame(SETTINGS, 0, 0, setting);
}

async function connect(...frames: readonly Buffer[]): Promise<RawClient> {
  const client = await RawClient.connect(gateway.port);
  client.write(PREFACE + Buffer.concat(frames).toString('latin1'));
  return client;
}

/** There is one worker: while it spins nobody is served. */
async function assertOthersAreServed(): Promise<void> {
  const other = await RawClient.connect(gateway.port);
  other.write(GET);
  assert.equal((await other.final('GET', PATIENCE)).status, 200);
  other.destroy();
}

describe('a session ends with an answer that waits for its window', () => {
  for (const path of ['/service/early', '/here', '/nowhere']) {
    for (const [end, last] of Object.entries(ENDS)) {
      for (const how of ['end', 'reset'] as const) {
        it(`${path}: ${end}, then ${how}`, async () => {
          const streams = [post(1, path), post(3, '/service/never')];
          const client = await connect(initialWindow(WINDOW), ...streams);
          await client.until(
            () => framesOf(client).find(({ type, stream }) => type === DATA && stream === 1) ?? null,
            'as much of the answer as the window lets through',
          );
          const windows = STREAMS.map((stream) => frame(WINDOW_UPDATE, 0, stream, number32(MOST)));
          client.write(Buffer.concat([...windows, last]));
          if (how === 'end') client.end();
          else setImmediate(() => client.reset());
          await assertOthersAreServed();
          client.destroy();
        });
      }
    }
  }
});

describe('an answer is given up while the client does not read', () => {
  it('is no longer taken from its endpoint, whatever the code of the reset', async () => {
    const client = await connect(initialWindow(WINDOW), getRequest(1, '/service/begun'));
    await client.until(
      () => framesOf(client).find(({ type, stream }) => type === DATA && stream === 1) ?? null,
      'as much of the answer as the window lets through',
    );
    const [response] = begun;
    let closed = false;
    response!.on('close', () => {
      closed = true;
    });
    client.write(Buffer.concat([frame(RST_STREAM, 0, 1, number32(0)), frame(PING, 0, 0, Buffer.alloc(8))]));
    await client.until(
      () => framesOf(client).find(({ type, flags }) => type === PING && flags === ACK) ?? null,
      'the reset to be read',
    );
    let pieces = 0;
    const more = (): void => {
      for (let goes = true; goes && !closed && pieces < PIECES; pieces++) goes = response!.write(PIECE);
    };
    response!.on('drain', more);
    more();
    await eventually(async () => closed || pieces === PIECES, 'the gateway to give up');
    assert.ok(pieces < PIECES, 'the gateway has taken all of it');
    client.destroy();
  });

  it('is reset when the client reads on', async () => {
    const windows = [initialWindow(MOST), frame(WINDOW_UPDATE, 0, 0, number32(MOST))];
    const client = await connect(...windows, post(1, '/service/large', END_STREAM));
    client.socket.pause();
    await eventually(async () => cut === 1, 'the gateway to give up');
    client.socket.resume();
    const reset = await client.until(
      () => framesOf(client).find(({ type, stream }) => type === RST_STREAM && stream === 1) ?? null,
      'RST_STREAM',
    );
    assert.notEqual(reset.payload.readUInt32BE(0), 0, 'NO_ERROR would say that the answer is whole');
    await assertOthersAreServed();
    client.destroy();
  });
});

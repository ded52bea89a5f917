import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  headerBlock,
  PREFACE,
  SETTINGS,
} from '../../test/support/http2-frames.ts';
import { type Client, SMALL_JSON } from '../cases.ts';
import { grpcMessage } from '../grpc-message.ts';
import { runWebSocketLoad } from '../measure/websocket-load.ts';
import { type Server, startServer } from '../system/child.ts';
import { allowedCores, layOut } from '../system/cores.ts';
import { freePort } from '../system/ports.ts';
import { get, ready } from '../system/probe.ts';
import { callGrpc } from '../system/probe-http2.ts';
import { echoThroughTunnel } from '../system/probe-websocket.ts';
import { find } from '../system/tools.ts';
import { prepareOrigin } from './origin.ts';

const skip = process.platform !== 'linux' || !find('taskset') ? 'needs Linux and taskset' : false;
const directory = mkdtempSync(path.join(os.tmpdir(), 'octopus-origin-'));
const layout = layOut(allowedCores(), 1);
const started: Server[] = [];

after(async () => {
  for (const server of started) await server.stop();
  rmSync(directory, { recursive: true });
});

async function start(client: Client): Promise<{ port: number; server: Server }> {
  const port = await freePort();
  const server = startServer(
    prepareOrigin(client, 'node', directory, port),
    layout.origin,
    path.join(directory, `${client}.log`),
  );
  started.push(server);
  return { port, server };
}

test('calls of gRPC are answered when X-Forwarded-For has come, in Huffman code or plain', {
  skip,
}, async () => {
  const { port, server } = await start('grpc');
  const forwarded = { 'x-forwarded-for': '192.0.2.1' };
  const answer = await ready('origin', server, 10, () => callGrpc(port, '/a/b', forwarded));
  assert.deepEqual(answer, { status: 200, body: grpcMessage(SMALL_JSON).toString(), grpcStatus: '0' });
  assert.equal((await callGrpc(port, '/a/b')).status, 400);

  const fields = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/a/b'],
    ['x-forwarded-for', '192.0.2.1'],
  ] as const;
  const call = Buffer.concat([
    Buffer.from(PREFACE),
    frame(SETTINGS, 0, 0),
    frame(HEADERS, END_HEADERS, 7, headerBlock(fields)),
    frame(DATA, END_STREAM, 7, grpcMessage('x')),
  ]);
  assert.match(await bytewise(port, call), /^(?:.*?)\0\0S\0\0\0\0\0\x07.*octopus.*grpc-status/s);
});

/** Sends the bytes one by one and returns what has come when the trailers are there. */
function bytewise(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    socket.setTimeout(5_000, () => reject(new Error(`only ${JSON.stringify(received)}`)));
    socket.on('error', reject);
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      if (!received.includes('grpc-status')) return;
      socket.destroy();
      resolve(received);
    });
    let at = 0;
    const next = (): void => {
      if (at < bytes.length) socket.write(bytes.subarray(at, ++at), () => setImmediate(next));
    };
    socket.on('connect', next);
  });
}

test('messages come back through tunnels and are counted', { skip }, async () => {
  const { port, server } = await start('websocket');
  await ready('origin', server, 10, () => get(port, '/'));
  assert.deepEqual(await echoThroughTunnel(port, '/socket', 'hello'), { status: 101, body: 'hello' });

  const load = { port, path: '/socket', message: SMALL_JSON, tunnels: 4, seconds: 1 };
  const { requests, seconds, errors, p50, p99 } = await runWebSocketLoad(load, layout);
  assert.equal(errors, 0);
  assert.ok(requests > 20, `${requests} messages`);
  assert.ok(seconds >= 1 && seconds < 3, `${seconds} s`);
  assert.ok(p50 > 0 && p50 <= p99 && p99 < 3_000, `p50 ${p50} p99 ${p99}`);
});

test('tunnels that do not open and messages that come back changed are errors', { skip }, async () => {
  const refusing = net.createServer((socket) => {
    socket.on('data', () => socket.end('HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n')).on('error', () => {});
  });
  const changing = net.createServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 x\r\n\r\n');
      socket.on('data', () => socket.write('\x81\x02no'));
    });
    socket.on('error', () => {});
  });
  for (const server of [refusing, changing]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const report = await runWebSocketLoad(
      { port, path: '/', message: 'yes', tunnels: 3, seconds: 1 },
      layout,
    );
    assert.deepEqual([report.requests, report.errors], [0, 3]);
    server.close();
  }
});

/** Ends of sessions and streams of Node's from below: what they are to spare the peer, and Node. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../test/support/gateway.ts';
import {
  frame,
  framesOf,
  GOAWAY,
  getRequest,
  HEADERS,
  number32,
  PREFACE,
  RST_STREAM,
  SETTINGS,
} from '../../test/support/http2-frames.ts';
import { RawClient } from '../../test/support/raw-client.ts';
import { closeNative, closeStream, dropForgotten } from './http2-close.ts';

/** More than a window of this size lets through. */
const BODY = Buffer.alloc(5_000);
const NARROW = frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), number32(100)]));

describe('an HTTP/2 session', () => {
  const server = http2.createServer();
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  after(() => server.close());

  /** A client whose window holds up two answers that have ended. */
  async function begin(): Promise<{ client: RawClient; socket: Socket; streams: ServerHttp2Stream[] }> {
    const streams: ServerHttp2Stream[] = [];
    const onStream = (stream: ServerHttp2Stream): void => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      stream.end(BODY);
      streams.push(stream);
    };
    server.on('stream', onStream);
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const client = await RawClient.connect((server.address() as AddressInfo).port);
    client.write(PREFACE);
    client.write(Buffer.concat([NARROW, getRequest(1, '/'), getRequest(3, '/')]));
    const heads = (): number => framesOf(client).filter(({ type }) => type === HEADERS).length;
    await eventually(async () => heads() === 2, 'both answers to begin');
    server.off('stream', onStream);
    const [socket] = await connected;
    return { client, socket, streams };
  }

  const said = (client: RawClient, type: number): boolean =>
    framesOf(client).some((one) => one.type === type);

  for (const first of [true, false]) {
    const what = first ? 'says nothing more when its native half ended first' : 'says goodbye by itself';
    it(`that is destroyed ${what}`, async () => {
      const { client, streams, socket } = await begin();
      const session = streams[0]!.session as ServerHttp2Session;
      if (first) closeNative(session);
      session.destroy();
      // Node lets go of the socket then.
      socket.end();
      await eventually(async () => client.closedHow !== null, 'the end');
      assert.equal(said(client, GOAWAY), !first);
      assert.ok(streams.every(({ destroyed }) => destroyed));
    });
  }

  it('keeps a stream that was reset with NO_ERROR while something waits, until it is dropped', async () => {
    const { client, streams } = await begin();
    const [reset, other] = streams as [ServerHttp2Stream, ServerHttp2Stream];
    client.write(frame(RST_STREAM, 0, 1, number32(0)));
    await eventually(async () => reset.closed, 'the reset');
    // Were this not so, Node would have been mended, and nothing of it needed any more.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(reset.destroyed, false);
    dropForgotten(other);
    assert.equal(other.destroyed, false, 'only what is over is dropped');
    dropForgotten(reset);
    assert.equal(reset.destroyed, true);
    closeStream(other, http2.constants.NGHTTP2_CANCEL);
    await eventually(async () => said(client, RST_STREAM), 'the other one to be reset');
    client.destroy();
  });

  it('keeps no such stream that is closed', async () => {
    const { client, streams } = await begin();
    const reset = streams[0]!;
    client.write(frame(RST_STREAM, 0, 1, number32(0)));
    await eventually(async () => reset.closed, 'the reset');
    closeStream(reset, http2.constants.NGHTTP2_CANCEL);
    await eventually(async () => reset.destroyed, 'its end');
    client.destroy();
  });
});

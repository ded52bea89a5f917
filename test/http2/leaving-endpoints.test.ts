/** RFC 9113 8.1: a response, or what a WebSocket carries, is whole at its END_STREAM, whatever its endpoint does then. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  type Frame,
  frame,
  framesOf,
  GOAWAY,
  getRequest,
  HEADERS,
  headerBlock,
  number32,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../support/http2-frames.ts';
import { RawClient } from '../support/raw-client.ts';
import { type Script, ScriptedHttp2 } from '../support/scripted-http2.ts';

const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;
const PIECE = Buffer.alloc(10_000, 'x');
/** More than the window of the client lets through, less than that of the gateway. */
const PIECES = 20;
const SIZE = (PIECES + 1) * PIECE.length;
const WINDOW = 20_000;
/** RFC 8441. */
const ENABLE_CONNECT = Buffer.from([0, 8, 0, 0, 0, 1]);
/** A message of a WebSocket that is one piece. */
const MESSAGE = Buffer.concat([Buffer.from([0x82, 126]), Buffer.from([39, 12]), PIECE.subarray(4)]);
const HANDSHAKE: readonly (readonly [string, string])[] = [
  [':method', 'CONNECT'],
  [':protocol', 'websocket'],
  [':scheme', 'http'],
  [':authority', 'a.test'],
  [':path', '/'],
  ['sec-websocket-version', '13'],
];

const answer = (stream: number, piece: Buffer): Buffer[] => [
  frame(HEADERS, END_HEADERS, stream, headerBlock([[':status', '200']])),
  ...Array<Buffer>(PIECES).fill(frame(DATA, 0, stream, piece)),
  frame(DATA, END_STREAM, stream, piece),
];
const leave = (stream: number, code: number): Buffer =>
  frame(GOAWAY, 0, 0, Buffer.concat([number32(stream), number32(code)]));
const nothing = (): void => {};
/** Behind a moment in which the gateway has read all. */
const later = (end: (socket: Socket) => void) => (socket: Socket) => {
  setTimeout(end, 100, socket);
};

interface Leaving {
  readonly last: Script;
  readonly afterwards: (socket: Socket) => void;
  /** The request ends only behind the response, if at all. */
  readonly unended?: boolean;
  readonly webSocket?: boolean;
}

const LEAVING: Readonly<Record<string, Leaving>> = {
  'closes the connection': { last: () => [], afterwards: later((socket) => socket.end()) },
  'resets the connection': { last: () => [], afterwards: later((socket) => socket.resetAndDestroy()) },
  'says GOAWAY and closes': {
    last: (stream) => [leave(stream, 0)],
    afterwards: later((socket) => socket.end()),
  },
  'says GOAWAY with an error': {
    last: (stream) => [leave(stream, ENHANCE_YOUR_CALM)],
    afterwards: nothing,
  },
  'closes before the request has ended': {
    last: () => [],
    afterwards: later((socket) => socket.end()),
    unended: true,
  },
  'closes the connection behind its WebSocket': {
    last: () => [],
    afterwards: later((socket) => socket.end()),
    webSocket: true,
  },
  'cancels the rest of the request': {
    last: (stream) => [frame(RST_STREAM, 0, stream, number32(CANCEL))],
    afterwards: nothing,
    unended: true,
  },
};

describe('a whole response that the client is slow to take', () => {
  const endpoint = new ScriptedHttp2();
  endpoint.settings = frame(SETTINGS, 0, 0, ENABLE_CONNECT);
  let gateway: Gateway;

  before(async () => {
    await endpoint.listen();
    gateway = await startGateway(
      {
        upstreams: [{ name: 'leaving', protocol: 'h2', endpoints: [endpoint.address] }],
        routes: [{ path: '/*', upstream: 'leaving', websocket: true }],
      },
      { workers: 1 },
    );
  });

  after(async () => {
    await gateway?.stop();
    endpoint.close();
  });

  for (const [title, { last, afterwards, unended, webSocket }] of Object.entries(LEAVING)) {
    it(`reaches it when the endpoint ${title}`, async () => {
      endpoint.answer = (stream) => [...answer(stream, webSocket ? MESSAGE : PIECE), ...last(stream)];
      const gone = new Promise<void>((resolve) => {
        endpoint.afterwards = (socket) => {
          afterwards(socket);
          setTimeout(resolve, 300);
        };
      });
      const client = await RawClient.connect(gateway.port);
      const flags = unended ? END_HEADERS : END_HEADERS | END_STREAM;
      const request = webSocket
        ? frame(HEADERS, END_HEADERS, 1, headerBlock(HANDSHAKE))
        : getRequest(1, '/', [], flags);
      client.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0), request]));
      try {
        await gone;
        const body = (): Frame[] => framesOf(client).filter(({ type }) => type === DATA);
        const windows = [0, 1].map((stream) => frame(WINDOW_UPDATE, 0, stream, number32(WINDOW)));
        for (let given = 0; given < SIZE; given += WINDOW) {
          client.write(Buffer.concat(windows));
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        await client.until(() => {
          const reset = framesOf(client).find(({ type }) => type === RST_STREAM);
          const ended = body().some((one) => (one.flags & END_STREAM) !== 0);
          return ended || reset !== undefined ? true : null;
        }, 'the end');
        const received = body().reduce((sum, { payload }) => sum + payload.length, 0);
        assert.equal(received, SIZE);
        assert.equal(body().at(-1)!.flags & END_STREAM, END_STREAM);
      } finally {
        client.destroy();
      }
    });
  }
});

/** Rules C2, C7, C8, D1, D2, D5 for what comes from HTTP/2 endpoints: malformed responses reach no client as good ones. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  headerBlock,
  number32,
  PUSH_PROMISE,
  RST_STREAM,
} from '../support/http2-frames.ts';
import { type Script, ScriptedHttp2 } from '../support/scripted-http2.ts';
import { message, type WireResponse } from '../support/wire.ts';

type Fields = [string, string][];

const OK: Fields = [[':status', '200']];
const head = (stream: number, fields: Fields, flags = END_HEADERS): Buffer =>
  frame(HEADERS, flags, stream, headerBlock(fields));
const last = (stream: number, text = 'x'): Buffer => frame(DATA, END_STREAM, stream, Buffer.from(text));
/** A response with this head and a body. */
const response =
  (fields: Fields, text = 'x'): Script =>
  (stream) => [head(stream, fields), last(stream, text)];
const bodiless =
  (...fields: Fields): Script =>
  (stream) => [head(stream, fields, END_HEADERS | END_STREAM)];
const FILLER = headerBlock([['x-filler', 'y'.repeat(15_000)]]);

/** The client gets 502, and the reason is no fault of its own. */
const BAD: Readonly<Record<string, Script>> = {
  'D1: a connection-specific field': response([...OK, ['connection', 'close']]),
  'D1: Transfer-Encoding': response([...OK, ['transfer-encoding', 'chunked']]),
  'D1: a name with capitals': response([...OK, ['X-Up', '1']]),
  'D2: no status': response([['x-a', '1']]),
  'D2: two statuses': bodiless(...OK, ...OK),
  'D2: a pseudo-field of requests': response([...OK, [':path', '/']]),
  'C8: a status of letters': bodiless([':status', 'abc']),
  'C8: status 099': bodiless([':status', '099']),
  'C7: status 101': (stream) => [head(stream, [[':status', '101']]), ...response(OK)(stream)],
  'C7: an interim response that ends the stream': bodiless([':status', '103']),
  'C8: Content-Length twice': response([...OK, ['content-length', '1'], ['content-length', '1']]),
  'C8: a malformed Content-Length': response([...OK, ['content-length', '+1']]),
  'D5: less than its Content-Length': response([...OK, ['content-length', '10']], 'short'),
  'D5: more than its Content-Length': response([...OK, ['content-length', '2']], 'too long'),
  'D5: nothing of its Content-Length': (stream) => [
    head(stream, [...OK, ['content-length', '2']]),
    last(stream, ''),
  ],
  'C2: a reset before any of its Content-Length': (stream) => [
    head(stream, [...OK, ['content-length', '2']]),
    frame(RST_STREAM, 0, stream, number32(7)),
  ],
  'a push that was not asked for': (stream) => [
    frame(PUSH_PROMISE, END_HEADERS, stream, Buffer.concat([number32(2), headerBlock([[':path', '/p']])])),
    ...response(OK)(stream),
  ],
  'a stream that nobody opened': (stream) => [head(stream + 2, OK, END_HEADERS | END_STREAM)],
  'a head of half a megabyte': (stream) => [
    head(stream, OK, 0),
    ...Array<Buffer>(40).fill(frame(CONTINUATION, 0, stream, FILLER)),
    frame(CONTINUATION, END_HEADERS, stream),
    last(stream),
  ],
  'a reset': (stream) => [frame(RST_STREAM, 0, stream, number32(2))],
  'GOAWAY with an error': () => [frame(GOAWAY, 0, 0, Buffer.concat([number32(0), number32(2)]))],
};

/** The client sees that the response is not whole. */
const CUT: Readonly<Record<string, Script>> = {
  'D5: less than its Content-Length, told late': (stream) => [
    head(stream, [...OK, ['content-length', '250000']]),
    ...Array<Buffer>(15).fill(frame(DATA, 0, stream, Buffer.alloc(16_000))),
    last(stream),
  ],
  'D2: trailers with a pseudo-field': (stream) => [
    head(stream, OK),
    frame(DATA, 0, stream, Buffer.from('x')),
    head(stream, OK, END_HEADERS | END_STREAM),
  ],
  'a second head': (stream) => [head(stream, OK), head(stream, OK), last(stream)],
  'C2: a reset in the body': (stream) => [
    head(stream, OK),
    frame(DATA, 0, stream, Buffer.from('x')),
    frame(RST_STREAM, 0, stream, number32(2)),
  ],
  'C2: a reset in the body that says NO_ERROR': (stream) => [
    head(stream, OK),
    frame(DATA, 0, stream, Buffer.from('x')),
    frame(RST_STREAM, 0, stream, number32(0)),
  ],
};

describe('malformed responses of HTTP/2 endpoints', () => {
  let gateway: Gateway;
  const endpoint = new ScriptedHttp2();

  before(async () => {
    await endpoint.listen();
    gateway = await startGateway(
      {
        routing: { timeout: '5s', retries: 0 },
        upstreams: [{ name: 'hostile', protocol: 'h2', endpoints: [endpoint.address] }],
        routes: [{ path: '/*', upstream: 'hostile' }],
      },
      { workers: 1 },
    );
  });

  after(async () => {
    await gateway?.stop();
    endpoint.close();
  });

  /** Null: the connection was closed before a whole head had come. */
  async function ask(answer: Script): Promise<WireResponse | null> {
    endpoint.answer = answer;
    const client = await gateway.connect();
    client.write(message('GET / HTTP/1.1', 'Host: a.test'));
    try {
      await client.until(
        () => (client.received !== '' || client.closedHow !== null ? true : null),
        'an answer',
      );
      return client.received === '' ? null : await client.response();
    } finally {
      client.destroy();
    }
  }

  async function goesOn(): Promise<void> {
    assert.equal((await ask(response(OK, 'fine')))?.body, 'fine');
  }

  for (const [title, answer] of Object.entries(BAD)) {
    it(`${title}: 502`, async () => {
      assert.equal((await ask(answer))?.status, 502);
      await goesOn();
    });
  }

  for (const [title, answer] of Object.entries(CUT)) {
    it(`${title}: no whole response`, async () => {
      assert.notEqual((await ask(answer))?.complete, true);
      await goesOn();
    });
  }

  it('C13: a response that says in its body that the request was refused is not followed by another one', async () => {
    let tries = 0;
    const refused = (stream: number): Buffer[] => [
      head(stream, OK),
      frame(DATA, 0, stream, Buffer.from('begun')),
      frame(RST_STREAM, 0, stream, number32(7)),
    ];
    const answer = await ask((stream) => (tries++ === 0 ? refused : response(OK, 'again'))(stream));
    assert.notEqual(answer?.complete, true);
    assert.doesNotMatch(answer?.body ?? '', /again/);
    await goesOn();
    assert.equal(tries, 1);
  });

  /** @param begun whether the endpoint says that it may have begun with the first try */
  async function triesOfPost(code: number, begun: boolean): Promise<[status: number, tries: number]> {
    let tries = 0;
    endpoint.answer = (stream) => {
      if (tries++ > 0) return response(OK)(stream);
      return [frame(GOAWAY, 0, 0, Buffer.concat([number32(begun ? stream : 0), number32(code)]))];
    };
    const client = await gateway.connect();
    const request = message('POST / HTTP/1.1', 'Host: a.test', 'Content-Length: 4');
    const { status } = await client.request(`${request}once`);
    client.destroy();
    await goesOn();
    return [status, tries];
  }

  for (const code of [1, 2, 7, 11]) {
    it(`D8: GOAWAY with code ${code}: what is above its last stream is repeated, whatever the method`, async () =>
      assert.deepEqual(await triesOfPost(code, false), [200, 2]));

    it(`D8: GOAWAY with code ${code}: a POST that is not above its last stream is not repeated`, async () =>
      assert.deepEqual(await triesOfPost(code, true), [502, 1]));
  }

  it('a field with a line break in it is left out', async () => {
    const answer = await ask(
      response([...OK, ['x-a', 'b\r\nx-evil: 1'], ['x-b\r\nx-evil', '1'], ['x-c', '2']]),
    );
    const names = answer!.fields.map(([name]) => name.toLowerCase());
    assert.deepEqual(
      names.filter((name) => name.startsWith('x-') && name !== 'x-request-id'),
      ['x-c'],
    );
  });
});

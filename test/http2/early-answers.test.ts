/** Answers that are complete before their requests: END_STREAM first, then the request is stopped (RFC 9113 section 8.1). */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { BothVersions } from '../support/both-versions.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  framesOf,
  HEADERS,
  headerBlock,
  number32,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../support/http2-frames.ts';
import { RawClient } from '../support/raw-client.ts';
import { ScriptedHttp2 } from '../support/scripted-http2.ts';

const INITIAL_WINDOW_SIZE = 4;
const BODY = 'x'.repeat(5_000);
/** Of an answer that does not fit into what the gateway passes on before the client has read some. */
const PIECES = 20;

/** Over HTTP/1.1 and HTTP/2: nobody reads the requests. */
const services = new BothVersions(
  (request, response) => {
    if (request.url === '/pieces') {
      response.write(BODY);
      setTimeout(() => response.end('end'), 50);
    } else if (request.url === '/trailers') {
      response.writeHead(200, { trailer: 'x-sum' });
      response.write(BODY);
      response.addTrailers({ 'x-sum': '1' });
      response.end();
    } else {
      response.end(request.url === '/empty' ? '' : BODY);
    }
  },
  (stream, path) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(path === '/trailers' ? { 'x-sum': '1' } : {}));
    if (path === '/pieces') {
      stream.write(BODY);
      setTimeout(() => stream.end('end'), 50);
    } else {
      stream.end(path === '/empty' ? '' : BODY);
    }
  },
);
/** What Go's server sends when a handler returns that has not read its request, all of it in one read of the gateway. */
const abrupt = new ScriptedHttp2((stream) => [
  frame(HEADERS, END_HEADERS, stream, headerBlock([[':status', '200']])),
  ...Array.from({ length: PIECES - 1 }, () => frame(DATA, 0, stream, Buffer.from(BODY))),
  frame(DATA, END_STREAM, stream, Buffer.from(BODY)),
  frame(RST_STREAM, 0, stream, number32(http2.constants.NGHTTP2_NO_ERROR)),
]);
/** Ends a response that has no body behind its head, as Go's server does when a handler flushes. */
const bodiless = new ScriptedHttp2((stream) => {
  bodiless.afterwards = (socket) => {
    setTimeout(() => socket.write(frame(DATA, END_STREAM, stream)), 50);
  };
  return [frame(HEADERS, END_HEADERS, stream, headerBlock([[':status', '204']]))];
});
let gateway: Gateway;

before(async () => {
  await services.listen();
  await abrupt.listen();
  await bodiless.listen();
  gateway = await startGateway(
    {
      upstreams: [
        ...services.upstreams,
        { name: 'abrupt', protocol: 'h2', endpoints: [abrupt.address] },
        { name: 'bodiless', protocol: 'h2', endpoints: [bodiless.address] },
      ],
      routes: [
        { path: '/h1/*', upstream: 'h1', strip_prefix: '/h1' },
        { path: '/h2/*', upstream: 'h2', strip_prefix: '/h2' },
        { path: '/abrupt', upstream: 'abrupt' },
        { path: '/bodiless/empty', upstream: 'bodiless' },
        { path: '/here', respond: { body: BODY } },
      ],
    },
    { workers: 1 },
  );
});

after(async () => {
  await gateway?.stop();
  services.close();
  abrupt.close();
  bodiless.close();
});

/** Frames of the answer to a request whose body has not ended, up to the reset. */
async function answerOf(path: string, window: number) {
  const client = await RawClient.connect(gateway.port);
  const settings = Buffer.alloc(6);
  settings.writeUInt16BE(INITIAL_WINDOW_SIZE, 0);
  settings.writeUInt32BE(window, 2);
  const head = headerBlock([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', 'a.test'],
    [':path', path],
    ['te', 'trailers'],
  ]);
  const frames = [
    frame(SETTINGS, 0, 0, settings),
    frame(HEADERS, END_HEADERS, 1, head),
    frame(DATA, 0, 1, Buffer.from('begun')),
  ];
  client.write(PREFACE + Buffer.concat(frames).toString('latin1'));
  const ofStream = () =>
    framesOf(client).filter(({ stream, type }) => stream === 1 && type !== WINDOW_UPDATE);
  let given = window;
  const answer = await client.until(() => {
    const all = ofStream();
    const received = all.reduce((sum, { type, payload }) => sum + (type === DATA ? payload.length : 0), 0);
    if (received === given) {
      given += window;
      const more = [0, 1].map((stream) => frame(WINDOW_UPDATE, 0, stream, number32(window)));
      // The request goes on as well.
      more.push(frame(DATA, 0, 1, Buffer.from('more')));
      client.write(Buffer.concat(more).toString('latin1'));
    }
    return all.some(({ type }) => type === RST_STREAM) ? all : null;
  }, 'RST_STREAM');
  client.destroy();
  return answer;
}

function expectedBody(path: string): string {
  if (path === '/abrupt') return BODY.repeat(PIECES);
  if (path.endsWith('/empty')) return '';
  return path.endsWith('/pieces') ? `${BODY}end` : BODY;
}

describe('RFC 9113 8.1: an answer before the end of the request', () => {
  for (const path of [
    '/h1/whole',
    '/h1/pieces',
    '/h1/trailers',
    '/h1/empty',
    '/h2/whole',
    '/h2/pieces',
    '/h2/trailers',
    '/h2/empty',
    '/abrupt',
    '/bodiless/empty',
    '/here',
  ]) {
    for (const window of [65_535, 1_000]) {
      it(`${path}, with a window of ${window} bytes: whole, then RST_STREAM with NO_ERROR`, async () => {
        const frames = await answerOf(path, window);
        const reset = frames.at(-1)!;
        assert.equal(reset.type, RST_STREAM);
        assert.equal(reset.payload.readUInt32BE(0), http2.constants.NGHTTP2_NO_ERROR);
        const last = frames.at(-2)!;
        assert.equal(last.flags & END_STREAM, END_STREAM, 'the answer has ended');
        assert.equal(last.type === HEADERS && frames[0] !== last, path.endsWith('/trailers'));
        const body = Buffer.concat(frames.filter(({ type }) => type === DATA).map(({ payload }) => payload));
        assert.equal(body.toString(), expectedBody(path));
      });
    }
  }
});

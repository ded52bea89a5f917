/**
 * What the gateway keeps from one stream of a connection for the next ones: many kinds of requests on one connection, in a
 * shuffled order, so that each kind follows each other. Every one must come out as if it were alone.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client, type Http2Response, responseOf } from '../support/http2-client.ts';
import { Random } from '../support/random.ts';

const ROUNDS = 30;
const AT_ONCE = 10;
const LIMIT = 20_000;

type Answering = Pick<http.ServerResponse, 'writeHead' | 'write' | 'end' | 'addTrailers'>;

/** Sends back path, body, trailers and one field; `/cut` breaks off, `/dialogue` sends back each piece as it comes. */
function serve(
  request: http.IncomingMessage | http2.Http2ServerRequest,
  response: Answering,
  cut: () => void,
): void {
  if (request.url?.endsWith('/cut')) {
    response.writeHead(200, { 'content-length': 100 });
    response.write('short');
    setImmediate(cut);
    return;
  }
  if (request.url?.endsWith('/dialogue')) {
    response.writeHead(200, { 'x-seen': 'dialogue' });
    request.on('data', (piece: Buffer) => response.write(piece));
    request.on('end', () => response.end());
    return;
  }
  let body = '';
  request.setEncoding('latin1').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    const seen = String(request.headers['x-mark'] ?? 'none');
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'x-seen': seen });
      response.end();
      return;
    }
    response.writeHead(200, { 'x-seen': seen, trailer: 'x-length' });
    response.write(`${request.url} ${body} ${String(request.trailers['x-end'] ?? 'none')}`);
    response.addTrailers({ 'x-length': String(body.length) });
    response.end();
  });
}

interface Kind {
  readonly send: (client: Http2Client, path: string, mark: string) => Promise<Http2Response>;
  readonly check: (answer: Http2Response, path: string, mark: string) => void;
}

function expectEcho(answer: Http2Response, path: string, mark: string, body: string, end: string): void {
  assert.equal(answer.status, 200, `${path}: ${answer.body}`);
  assert.equal(answer.headers['x-seen'], mark);
  assert.equal(answer.body, `${path} ${body} ${end}`);
  assert.equal(answer.trailers?.['x-length'], String(body.length));
  assert.equal(answer.rstCode, 0);
}

const KINDS: Readonly<Record<string, Kind>> = {
  get: {
    send: (client, path, mark) => client.get(`${path}/get`, { 'x-mark': mark }),
    check: (answer, path, mark) => expectEcho(answer, `${path}/get`, mark, '', 'none'),
  },
  bare: {
    send: (client, path) => client.get(`${path}/bare`),
    check: (answer, path) => expectEcho(answer, `${path}/bare`, 'none', '', 'none'),
  },
  head: {
    send: (client, path, mark) =>
      client.request({ ':method': 'HEAD', ':path': `${path}/head`, 'x-mark': mark }),
    check: (answer, _path, mark) =>
      assert.deepEqual([answer.status, answer.body, answer.headers['x-seen']], [200, '', mark]),
  },
  post: {
    send: (client, path, mark) =>
      client.request({ ':method': 'POST', ':path': `${path}/post`, 'x-mark': mark }, mark.repeat(50)),
    check: (answer, path, mark) => expectEcho(answer, `${path}/post`, mark, mark.repeat(50), 'none'),
  },
  trailers: {
    send: (client, path, mark) =>
      client.request({ ':method': 'POST', ':path': `${path}/trailers`, 'x-mark': mark }, mark, {
        'x-end': mark,
      }),
    check: (answer, path, mark) => expectEcho(answer, `${path}/trailers`, mark, mark, mark),
  },
  dialogue: {
    send: (client, path, mark) => {
      const stream = client.stream({ ':method': 'POST', ':path': `${path}/dialogue` }, { endStream: false });
      stream.once('data', () => stream.end(mark));
      stream.write(mark);
      return responseOf(stream);
    },
    check: (answer, _path, mark) => assert.deepEqual([answer.status, answer.body], [200, mark + mark]),
  },
  tooLarge: {
    send: (client, path) =>
      client.request({ ':method': 'POST', ':path': `${path}/large` }, Buffer.alloc(LIMIT + 1)),
    check: (answer) => assert.equal(answer.status, 413),
  },
  noRoute: {
    send: (client) => client.get('/nowhere'),
    check: (answer) => assert.equal(answer.status, 404),
  },
  refused: {
    send: (client, path) => client.get(`${path}/refused`, { ':scheme': 'https' }),
    check: (answer) => assert.equal(answer.status, 400),
  },
  cut: {
    send: (client, path) => client.get(`${path}/cut`),
    // When head and reset come in one read, nothing of the response has been sent yet.
    check: (answer) => assert.ok(answer.rstCode !== 0 || answer.status === 502, `${answer.status}`),
  },
  cancelled: {
    send: (client, path) => {
      const stream = client.stream({ ':method': 'POST', ':path': `${path}/never` }, { endStream: false });
      stream.write('begun');
      setTimeout(() => stream.close(http2.constants.NGHTTP2_CANCEL), 5);
      return responseOf(stream);
    },
    check: (answer) => assert.equal(answer.status, 0),
  },
};

describe('HTTP/2 streams, one after the other', () => {
  const servers: Server[] = [];
  let gateway: Gateway;

  before(async () => {
    servers.push(
      http.createServer((request, response) => serve(request, response, () => request.socket.destroy())),
      http2.createServer((request, response) =>
        serve(request, response as unknown as Answering, () => request.stream.close(2)),
      ),
    );
    for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
    const [h1, h2] = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
    gateway = await startGateway(
      {
        server: { limits: { body: LIMIT } },
        routing: { retries: 0 },
        upstreams: [
          { name: 'h1', endpoints: [h1], circuit_breaker: false },
          { name: 'h2', endpoints: [h2], protocol: 'h2', circuit_breaker: false },
        ],
        routes: [
          { path: '/h1/*', upstream: 'h1' },
          { path: '/h2/*', upstream: 'h2' },
        ],
      },
      { workers: 1 },
    );
  });

  after(async () => {
    await gateway?.stop();
    for (const server of servers) server.close();
  });

  for (const upstream of ['h1', 'h2']) {
    it(`endpoints with ${upstream}`, async () => {
      const random = new Random(1);
      const client = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`);
      const names = Array.from({ length: ROUNDS }, () => Object.keys(KINDS)).flat();
      for (let last = names.length - 1; last > 0; last--) {
        const other = random.below(last + 1);
        [names[last], names[other]] = [names[other]!, names[last]!];
      }
      let sent = 0;
      const lane = async (): Promise<void> => {
        while (sent < names.length) {
          const mark = `m${sent}`;
          const kind = KINDS[names[sent++]!]!;
          const answer = await kind.send(client, `/${upstream}`, mark);
          kind.check(answer, `/${upstream}`, mark);
        }
      };
      try {
        await Promise.all(Array.from({ length: AT_ONCE }, lane));
        assert.equal(client.goaways, 0);
      } finally {
        client.destroy();
      }
    });
  }
});

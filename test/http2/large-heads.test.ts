/**
 * Heads and trailers that are larger than what nghttp2 sends unless it is told to. It ends the whole connection then, with
 * everything that others have under way on it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http2 from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { BothVersions } from '../support/both-versions.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client, responseOf } from '../support/http2-client.ts';
import { message } from '../support/wire.ts';

/** Within the limits of a request and of a response head, as they are by default. */
const LINES = Array.from({ length: 6 }, (_, i): [string, string] => [`x-line-${i}`, 'v'.repeat(10_000)]);
const SEARCH = 's'.repeat(12_000);
/** Each is larger in the reckoning of nghttp2 than on the wire. */
const MANY = Array.from({ length: 900 }, (_, i): [string, string] => [`x-${i}`, 'v'.repeat(55)]);

const LARGEST = 1_000_000;

const held: http2.ServerHttp2Stream[] = [];
const services = new BothVersions(
  (_request, response) => {
    for (const [name, value] of MANY) response.setHeader(name, value);
    response.end('fine');
  },
  (stream, path) => {
    if (path === '/hold') {
      stream.respond({ ':status': 200 });
      stream.write('begun');
      held.push(stream);
    } else if (path === '/many') {
      stream.respond({ ':status': 200, ...Object.fromEntries(MANY.slice(0, 300)) });
      stream.end('fine');
    } else {
      stream.respond({ ':status': 200 });
      stream.end(String(path.length));
    }
  },
  { settings: { maxHeaderListSize: LARGEST }, maxSendHeaderBlockLength: LARGEST },
);
let gateway: Gateway;
let client: Http2Client;

before(async () => {
  await services.listen();
  gateway = await startGateway(
    {
      routing: { retries: 0 },
      upstreams: services.upstreams,
      routes: [
        { path: '/h1/*', upstream: 'h1', strip_prefix: '/h1' },
        { path: '/h2/*', upstream: 'h2', strip_prefix: '/h2' },
      ],
    },
    { workers: 1 },
  );
  client = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`, {
    settings: { maxHeaderListSize: LARGEST },
    maxHeaderListPairs: MANY.length * 2,
  });
});

after(async () => {
  client?.destroy();
  await gateway?.stop();
  services.close();
});

/** Another call, which is under way and goes on. */
async function besides(act: () => Promise<void>): Promise<void> {
  const other = client.stream({ ':path': '/h2/hold' });
  const answer = responseOf(other);
  await once(other, 'response');
  try {
    await act();
  } finally {
    held.pop()?.end(' and done');
  }
  const { body, rstCode } = await answer;
  assert.deepEqual([body, rstCode], ['begun and done', 0]);
}

describe('large heads', () => {
  it('of requests reach HTTP/2 endpoints, and others on their connection go on', () =>
    besides(async () => {
      const h1 = await gateway.connect();
      const lines = LINES.map(([name, value]) => `${name}: ${value}`);
      const answer = await h1.request(message(`GET /h2/?${SEARCH} HTTP/1.1`, 'Host: a.test', ...lines));
      assert.deepEqual([answer.status, answer.body], [200, String(SEARCH.length + 2)]);
      h1.destroy();
    }));

  it('of responses reach HTTP/2 clients, and their other streams go on', () =>
    besides(async () => {
      const { status, headers, body } = await client.get('/h1/');
      assert.deepEqual([status, headers['x-899'], body], [200, 'v'.repeat(55), 'fine']);
    }));

  it('may have as many fields from HTTP/2 endpoints as from those of HTTP/1.1', async () => {
    const h1 = await gateway.connect();
    const { status, body } = await h1.request(message('GET /h2/many HTTP/1.1', 'Host: a.test'));
    assert.deepEqual([status, body], [200, 'fine']);
    h1.destroy();
  });
});

/** Rules B on HTTP/2, over TLS: nothing that holds for HTTP/1.1 is got around by speaking another protocol. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Authority, type Pem } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client, type Http2Response } from '../support/http2-client.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  frame,
  framesOf,
  HEADERS,
  headerBlock,
  PREFACE,
  RST_STREAM,
  SETTINGS,
} from '../support/http2-frames.ts';
import { okResponse, RecordingOrigin, type SeenRequest } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { valuesOf } from '../support/wire.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';

const WHO = `export const plugin = {
  name: 'who', version: '1.0.0', ownsHeaders: ['X-User-*'],
  setup: () => ({
    onRequest({ request }) {
      const subject = request.tls?.certificate?.subject;
      if (subject === undefined) return { status: 401 };
      request.headers.set('X-User-Name', subject);
    },
  }),
};`;

/** Instead of a status. */
const RESET = -1;

const SECRET = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

describe('HTTP/2 over TLS: rules of HTTP/1.1', { skip }, () => {
  let gateway: Gateway;
  let origin: RecordingOrigin;
  let alice: Pem;
  let client: Http2Client;

  before(async () => {
    origin = await new RecordingOrigin(() => okResponse('ok')).listen();
    const main = authority!.issue('main.test');
    alice = authority!.issue('alice');
    gateway = await startGateway(
      {
        tls: {
          enabled: true,
          cert: 'main.pem',
          key: 'main.key',
          client_ca: 'ca.pem',
          client_auth: 'optional',
          forward_client_cert: true,
        },
        plugins: [
          { name: 'who', path: './who.mjs' },
          { name: 'basic-auth', config: { users: [{ username: 'ann', password: 'secret' }] } },
        ],
        upstreams: [{ name: 'origin', endpoints: [origin.address] }],
        routes: [
          { path: '/who', upstream: 'origin', middleware: ['who'] },
          { path: '/login', upstream: 'origin', middleware: ['basic-auth'] },
          {
            path: '/limited',
            upstream: 'origin',
            middleware: [{ name: 'rate-limit', config: { limit: 2, window: '1h' } }],
          },
          { path: '/only-get', upstream: 'origin', methods: ['GET'] },
          { path: '/public/*', upstream: 'origin' },
        ],
      },
      {
        workers: 1,
        files: { 'main.pem': main.cert, 'main.key': main.key, 'ca.pem': authority!.cert, 'who.mjs': WHO },
      },
    );
  });

  beforeEach(async () => {
    client?.destroy();
    client = await connect();
  });

  after(async () => {
    client?.destroy();
    await gateway?.stop();
    await origin?.close();
  });

  const connect = (pem: Partial<Pem> = {}): Promise<Http2Client> =>
    Http2Client.connect(`https://127.0.0.1:${gateway.tlsPort}`, { servername: 'main.test', ...pem });

  const ask = (path: string, headers: object = {}, from = client): Promise<Http2Response> =>
    from.request({ ':path': path, ':authority': 'main.test', ...headers });

  const latest = (): SeenRequest => origin.seen.at(-1)!;

  async function refused(path: string, headers: object, status: number): Promise<void> {
    const before = origin.seen.length;
    assert.equal((await ask(path, headers)).status, status);
    assert.equal(origin.seen.length, before, 'nothing reached the service');
  }

  it('authentication and limits hold', async () => {
    await refused('/login', {}, 401);
    await refused('/login', { authorization: 'Basic forged' }, 401);
    assert.equal((await ask('/login', { authorization: SECRET })).status, 200);
    for (const status of [200, 200]) assert.equal((await ask('/limited')).status, status);
    await refused('/limited', {}, 429);
    await refused('/only-get', { ':method': 'DELETE' }, 405);
    await refused('/nowhere', {}, 404);
  });

  it('the identity of a client certificate is known to plugins, and nothing else makes it', async () => {
    await refused('/who', { 'x-user-name': 'CN=alice' }, 401);
    const known = await connect(alice);
    assert.equal((await ask('/who', { 'x-user-name': 'CN=root' }, known)).status, 200);
    assert.deepEqual(valuesOf(latest().fields, 'x-user-name'), ['CN=alice']);
    assert.match(valuesOf(latest().fields, 'client-cert')[0]!, /^:MII/);
    known.destroy();
  });

  it('B6, B7: claims about the client and owned fields of a stranger are not believed', async () => {
    const claims = {
      'x-forwarded-for': '8.8.8.8',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'evil.test',
      'x-real-ip': '8.8.8.8',
      forwarded: 'for=8.8.8.8',
      'client-cert': ':Zm9yZ2Vk:',
      'x-user-role': 'admin',
      'x-original-url': '/login',
    };
    assert.equal((await ask('/public/a', claims)).status, 200);
    const { fields } = latest();
    assert.deepEqual(valuesOf(fields, 'x-forwarded-for'), ['127.0.0.1']);
    assert.deepEqual(valuesOf(fields, 'x-forwarded-proto'), ['https']);
    assert.deepEqual(valuesOf(fields, 'x-forwarded-host'), ['main.test']);
    for (const name of ['x-real-ip', 'forwarded', 'client-cert', 'x-user-role', 'x-original-url']) {
      assert.deepEqual(valuesOf(fields, name), [], name);
    }
  });

  it('B3, D11: Proxy-Authorization ends here, Priority passes', async () => {
    await ask('/public/a', { 'proxy-authorization': 'Basic x', priority: 'u=1, i' });
    assert.deepEqual(valuesOf(latest().fields, 'proxy-authorization'), []);
    assert.deepEqual(valuesOf(latest().fields, 'priority'), ['u=1, i']);
  });

  it('B5: a request that comes back to the gateway is a loop', async () => {
    await ask('/public/a');
    const via = valuesOf(latest().fields, 'via')[0]!;
    await refused('/public/a', { via }, 508);
  });

  it('B10: what may be there only once is refused when it is there twice', async () => {
    const connection = await RawClient.connect(gateway.tlsPort, {
      tls: { servername: 'main.test', ALPNProtocols: ['h2'] },
    });
    connection.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0)]));
    // The client of Node does not send such requests, so these are written by hand.
    const statusOf = async (stream: number, ...fields: [string, string][]): Promise<number> => {
      const pseudo: [string, string][] = [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', 'main.test'],
        [':path', '/public/twice'],
      ];
      const block = headerBlock([...pseudo, ...fields]);
      connection.write(frame(HEADERS, END_STREAM | END_HEADERS, stream, block));
      const answer = await connection.until(
        () => framesOf(connection).find((one) => one.stream === stream) ?? null,
        'an answer',
      );
      if (answer.type === RST_STREAM) return RESET;
      // HPACK: entries 8 and 12 of the static table (RFC 7541 appendix A).
      return { 136: 200, 140: 400 }[answer.payload[0]!] ?? 0;
    };
    assert.equal(await statusOf(1, ['x-twice', 'a'], ['x-twice', 'b']), 200);
    const before = origin.seen.length;
    const twice = (name: string): [string, string][] => [
      [name, 'main.test'],
      [name, 'main.test'],
    ];
    assert.equal(await statusOf(3, ...twice('authorization')), 400);
    assert.equal(await statusOf(5, ...twice('content-type')), 400);
    // The session itself has seen to that.
    assert.equal(await statusOf(7, ...twice('host')), RESET);
    assert.equal(origin.seen.length, before);
    connection.destroy();
  });

  it('B13: the path that is checked is the path that is forwarded', async () => {
    await refused('/public/../login', {}, 401);
    await refused('/public/%2e%2e/login', {}, 401);
    await refused('/public/a%00b', {}, 400);
  });

  it('the origin got nothing but strict HTTP/1.1', () => assert.deepEqual(origin.violations, []));
});

/** Certificates of clients: who is let in, what plugins know, what endpoints get to see. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type tls from 'node:tls';
import { Authority, type Pem } from '../support/certificates.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { okResponse, RecordingOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { message, valuesOf } from '../support/wire.ts';

const authority = await Authority.create();
const stranger = await Authority.create('somebody else');
const skip = authority === null && 'no openssl to make certificates with';

const WHO = `export const plugin = {
  name: 'who', version: '1.0.0',
  setup: () => ({
    onResponse({ request }, response) {
      const { tls } = request;
      const { serverName, version, certificate } = tls ?? {};
      response.headers.set('X-Who', JSON.stringify({ serverName, version, subject: certificate?.subject ?? null }));
    },
  }),
};`;

const REQUEST = message(
  'GET / HTTP/1.1',
  'Host: main.test',
  'Client-Cert: :Zm9yZ2Vk:',
  'X-Client-Cert: forged',
);

describe('client certificates', { skip }, () => {
  let gateway: Gateway;
  let origin: RecordingOrigin;
  let alice: Pem;
  let mallory: Pem;

  const config = (auth: 'required' | 'optional', forward: boolean, isolate = false) => ({
    tls: {
      enabled: true,
      cert: 'main.pem',
      key: 'main.key',
      client_ca: 'clients.pem',
      client_auth: auth,
      forward_client_cert: forward,
    },
    plugins: [{ name: 'who', path: './who.mjs', isolate }],
    middleware: ['who'],
    upstreams: [{ name: 'origin', endpoints: [origin.address] }],
    routes: [{ path: '/*', upstream: 'origin' }],
  });

  before(async () => {
    origin = await new RecordingOrigin(() => okResponse('ok')).listen();
    const main = authority!.issue('main.test');
    alice = authority!.issue('alice', { names: 'URI:spiffe://test/alice' });
    mallory = stranger!.issue('alice');
    gateway = await startGateway(config('required', true), {
      files: {
        'main.pem': main.cert,
        'main.key': main.key,
        'clients.pem': authority!.cert,
        'who.mjs': WHO,
      },
    });
  });

  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  const connect = (options: tls.ConnectionOptions = {}): Promise<RawClient> =>
    RawClient.connect(gateway.tlsPort, { tls: { servername: 'main.test', ...options } });

  /** What a client gets whose handshake the gateway does not like: TLS 1.3 tells it only after the client is done. */
  async function refused(options: tls.ConnectionOptions): Promise<void> {
    const seen = origin.seen.length;
    try {
      const client = await connect(options);
      client.write(REQUEST);
      await client.closed();
      assert.equal(client.received, '');
    } catch (error) {
      assert.match((error as NodeJS.ErrnoException).code ?? '', /^(ERR_SSL|ECONNRESET|EPIPE)/);
    }
    assert.equal(origin.seen.length, seen);
  }

  it('required: only clients with a certificate of the authority are served', async () => {
    const client = await connect(alice);
    const answer = await client.request(REQUEST);
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(valuesOf(answer.fields, 'x-who')[0]!), {
      serverName: 'main.test',
      version: 'TLSv1.3',
      subject: 'CN=alice',
    });
    const { fields } = origin.seen.at(-1)!;
    const der = new X509Certificate(alice.cert).raw.toString('base64');
    assert.deepEqual(valuesOf(fields, 'client-cert'), [`:${der}:`]);
    assert.deepEqual(valuesOf(fields, 'x-client-cert'), []);
    client.destroy();

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      await refused({ maxVersion: version });
      await refused({ maxVersion: version, ...mallory });
    }
    await eventually(async () => {
      const metrics = await gateway.metrics();
      return (
        metrics.sum('octopus_tls_handshakes_total') -
          metrics.sum('octopus_tls_handshakes_total', { result: 'full' }) >=
        4
      );
    }, 'the refused ones to be counted');
  });

  it('optional: clients without one are served without identity, those with a false one are not', async () => {
    await gateway.reload(config('optional', false, true));
    const anonymous = await connect();
    const answer = await anonymous.request(REQUEST);
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(valuesOf(answer.fields, 'x-who')[0]!).subject, null);
    assert.deepEqual(valuesOf(origin.seen.at(-1)!.fields, 'client-cert'), []);
    anonymous.destroy();

    await refused(mallory);

    const known = await connect(alice);
    const other = await known.request(REQUEST);
    assert.equal(JSON.parse(valuesOf(other.fields, 'x-who')[0]!).subject, 'CN=alice');
    // Forwarding was switched off.
    assert.deepEqual(valuesOf(origin.seen.at(-1)!.fields, 'client-cert'), []);
    known.destroy();
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`a resumed session has the identity of its beginning, and no other, ${version}`, async () => {
      const limits = { minVersion: version, maxVersion: version };
      const sessionOf = async (options: tls.ConnectionOptions): Promise<Buffer> => {
        const first = await connect({ ...limits, ...options });
        const socket = first.socket as tls.TLSSocket;
        const ticket = version === 'TLSv1.3' ? once(socket, 'session') : null;
        assert.equal((await first.request(REQUEST)).status, 200);
        const session = ticket === null ? socket.getSession()! : ((await ticket)[0] as Buffer);
        first.destroy();
        return session;
      };
      const subjectOf = async (options: tls.ConnectionOptions): Promise<unknown> => {
        const again = await connect({ ...limits, ...options });
        assert.equal((again.socket as tls.TLSSocket).isSessionReused(), true);
        const answer = await again.request(REQUEST);
        again.destroy();
        return JSON.parse(valuesOf(answer.fields, 'x-who')[0]!).subject;
      };
      const [known, unknown] = [await sessionOf(alice), await sessionOf({})];
      assert.equal(await subjectOf({ session: known }), 'CN=alice');
      assert.equal(await subjectOf({ session: unknown, ...alice }), null);
    });
  }

  it('a session begun without certificate is not resumed once one is required', async () => {
    const first = await connect({ maxVersion: 'TLSv1.2' });
    const session = (first.socket as tls.TLSSocket).getSession()!;
    assert.equal((await first.request(REQUEST)).status, 200);
    first.destroy();
    await gateway.reload(config('required', false));
    await refused({ maxVersion: 'TLSv1.2', session });
  });
});

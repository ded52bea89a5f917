/** Handshakes with clients: versions, sessions, limits, hostile ones. */
import assert from 'node:assert/strict';
import { once as event } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import type tls from 'node:tls';
import { Authority, type Pem } from '../support/certificates.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { failure, get, handshakes, shown } from '../support/tls-peer.ts';
import { message, valuesOf } from '../support/wire.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';

const HELLO = {
  path: '/*',
  respond: { status: 200, body: 'hello' },
};

describe('sessions, versions and hostile handshakes', { skip }, () => {
  let gateway: Gateway;
  let pem: Pem;

  before(async () => {
    pem = authority!.issue('main.test');
    gateway = await startGateway(
      {
        server: { workers: 3 },
        tls: {
          enabled: true,
          cert: 'main.pem',
          key: 'main.key',
          redirect_http: true,
          handshake: { timeout: '400ms', max_pending: 30 },
        },
        routes: [HELLO],
      },
      { files: { 'main.pem': pem.cert, 'main.key': pem.key } },
    );
  });

  after(() => gateway?.stop());

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: a session is resumed by whichever worker gets the next connection`, async () => {
      const limits = { minVersion: version, maxVersion: version, servername: 'main.test' };
      const first = await RawClient.connect(gateway.tlsPort, { tls: limits });
      const socket = first.socket as tls.TLSSocket;
      let session = version === 'TLSv1.2' ? socket.getSession() : undefined;
      socket.on('session', (ticket) => {
        session = ticket;
      });
      await first.request(get('main.test'));
      first.destroy();
      assert.ok(session);
      for (let i = 0; i < 12; i++) {
        const again = await RawClient.connect(gateway.tlsPort, { tls: { ...limits, session } });
        assert.equal((again.socket as tls.TLSSocket).isSessionReused(), true, `connection ${i}`);
        assert.equal((await again.request(get('main.test'))).status, 200);
        again.destroy();
      }
      assert.ok((await handshakes(gateway, 'resumed')) >= 12);
    });
  }

  it('refuses TLS 1.1 and ciphers without forward secrecy, and counts them', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    assert.match(await failure(gateway.tlsPort, old), /ALERT_PROTOCOL_VERSION/);
    const weak = { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' } as const;
    assert.match(await failure(gateway.tlsPort, weak), /HANDSHAKE_FAILURE/);
    await eventually(async () => (await handshakes(gateway, 'no_overlap')) === 2, 'both to be counted');
  });

  it('plain HTTP on the TLS port is closed and counted', async () => {
    const client = await RawClient.connect(gateway.tlsPort);
    client.write(get('main.test'));
    await client.closed();
    await eventually(async () => (await handshakes(gateway, 'not_tls')) === 1, 'it to be counted');
  });

  it('a handshake that does not go on is ended after its time', async () => {
    const startedAt = performance.now();
    const client = await RawClient.connect(gateway.tlsPort);
    client.write(Buffer.from([22, 3, 1, 2, 0]));
    await client.closed();
    assert.ok(performance.now() - startedAt >= 350);
    await eventually(async () => (await handshakes(gateway, 'timeout')) >= 1, 'it to be counted');
  });

  it('clients that hang up during the handshake leave nothing behind', async () => {
    const descriptors = (): number => readdirSync(`/proc/${gateway.pid}/fd`).length;
    const before = descriptors();
    for (let i = 0; i < 40; i++) await shown(gateway.tlsPort);
    await eventually(async () => descriptors() <= before + 5, 'the sockets to be closed');
  });

  it('handshakes over the limit are refused, those after them are served', async () => {
    const sockets = Array.from({ length: 120 }, () => net.connect(gateway.tlsPort, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => {});
    await Promise.all(sockets.map((socket) => event(socket, 'close')));
    const refused = await handshakes(gateway, 'refused');
    assert.ok(refused > 60 && refused <= 110, `${refused} refused`);
    assert.equal(
      (await (await RawClient.connect(gateway.tlsPort, { tls: {} })).request(get('x'))).status,
      200,
    );
    await eventually(
      async () => (await gateway.metrics()).sum('octopus_active_connections') === 1,
      'all others to be gone',
    );
  });

  it('redirects plain requests, but for ACME challenges', async () => {
    const client = await gateway.connect();
    const moved = await client.request(message('GET /a%20b?q=1 HTTP/1.1', 'Host: main.test:8080'));
    assert.equal(moved.status, 308);
    assert.deepEqual(valuesOf(moved.fields, 'location'), [`https://main.test:${gateway.tlsPort}/a%20b?q=1`]);
    const challenge = message('GET /.well-known/acme-challenge/x HTTP/1.1', 'Host: main.test');
    assert.equal((await client.request(challenge)).status, 200);
    client.destroy();
  });

  it('a drained gateway finishes requests over TLS and says so', async () => {
    const client = await RawClient.connect(gateway.tlsPort, { tls: {} });
    assert.equal((await client.request(get('x'))).status, 200);
    const stopped = gateway.stop();
    await eventually(async () => {
      const answer = await client.request(get('x'));
      assert.equal(answer.status, 200);
      return valuesOf(answer.fields, 'connection')[0] === 'close';
    }, 'the drain to begin');
    assert.equal(await client.closed(), 'end');
    assert.equal((await stopped).code, 0);
  });
});

/** Handshakes with clients: versions, sessions, limits, hostile ones. */
import assert from 'node:assert/strict';
import { once as event } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import type tls from 'node:tls';
import { Authority, type Pem } from '../support/certificates.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
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

  const withTls = (keys: object, server: object = {}): GatewayConfig => ({
    server: { workers: 3, ...server },
    tls: {
      enabled: true,
      cert: 'main.pem',
      key: 'main.key',
      redirect_http: true,
      handshake: { timeout: '1s', max_pending: 30 },
      ...keys,
    },
    routes: [HELLO],
  });

  before(async () => {
    pem = authority!.issue('main.test');
    gateway = await startGateway(withTls({}), { files: { 'main.pem': pem.cert, 'main.key': pem.key } });
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
      await eventually(async () => (await handshakes(gateway, 'resumed')) >= 12, 'them to be counted');
    });
  }

  it('rotated keys are shared by all workers too, and the old ones are gone, for both versions', async () => {
    const sessionOf = async (version: tls.SecureVersion): Promise<Buffer> => {
      const client = await RawClient.connect(gateway.tlsPort, {
        tls: { minVersion: version, maxVersion: version, servername: 'main.test' },
      });
      const socket = client.socket as tls.TLSSocket;
      const ticket = version === 'TLSv1.3' ? event(socket, 'session') : null;
      await client.request(get('main.test'));
      const session = ticket === null ? socket.getSession()! : ((await ticket)[0] as Buffer);
      client.destroy();
      return session;
    };
    /** How many of the next connections resume it. */
    const resumed = async (version: tls.SecureVersion, session: Buffer, of: number): Promise<number> => {
      const options = { minVersion: version, maxVersion: version, servername: 'main.test', session };
      let count = 0;
      for (let i = 0; i < of; i++) {
        const again = await RawClient.connect(gateway.tlsPort, { tls: options });
        if ((again.socket as tls.TLSSocket).isSessionReused()) count++;
        again.destroy();
      }
      return count;
    };
    const versions = ['TLSv1.2', 'TLSv1.3'] as const;
    const old = await Promise.all(versions.map(sessionOf));
    for (const [index, version] of versions.entries()) {
      assert.equal(await resumed(version, old[index]!, 4), 4, version);
    }
    await gateway.reload(withTls({ ticket_rotation: '500ms' }));
    for (const [index, version] of versions.entries()) {
      const none = async (): Promise<boolean> => (await resumed(version, old[index]!, 8)) === 0;
      await eventually(none, `the old keys to be gone everywhere, ${version}`);
    }
    await gateway.reload(withTls({}));
    for (const version of versions) {
      // A rotation may have been on its way when the reload stopped them.
      await eventually(async () => (await resumed(version, await sessionOf(version), 12)) === 12, version);
    }
  });

  it('ALPN: HTTP/2 before HTTP/1.1, whatever the client prefers; without it HTTP/1.1; nothing else', async () => {
    const agreed = async (ALPNProtocols: string[]): Promise<string | false | null> => {
      const client = await RawClient.connect(gateway.tlsPort, { tls: { ALPNProtocols } });
      client.destroy();
      return (client.socket as tls.TLSSocket).alpnProtocol;
    };
    assert.equal(await agreed(['http/1.1', 'h2']), 'h2');
    assert.equal(await agreed(['http/1.1']), 'http/1.1');
    assert.equal(await agreed(['http/0.9', 'http/1.1']), 'http/1.1');
    assert.match(await failure(gateway.tlsPort, { ALPNProtocols: ['spdy/3'] }), /NO_APPLICATION_PROTOCOL/);
    await eventually(async () => (await handshakes(gateway, 'no_overlap')) === 1, 'it to be counted');
    const plain = await RawClient.connect(gateway.tlsPort, { tls: {} });
    assert.equal((await plain.request(get('x'))).status, 200);
    plain.destroy();
  });

  it('renegotiation (TLS 1.2) does not happen', async () => {
    const client = await RawClient.connect(gateway.tlsPort, { tls: { maxVersion: 'TLSv1.2' } });
    const socket = client.socket as tls.TLSSocket;
    assert.equal((await client.request(get('x'))).status, 200);
    const before = await handshakes(gateway, 'full');
    const outcome = new Promise((resolve) => {
      socket.once('close', () => resolve('closed'));
      socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error ?? 'done'));
    });
    assert.notEqual(await outcome, 'done');
    client.destroy();
    assert.equal(await handshakes(gateway, 'full'), before);
  });

  it('refuses TLS 1.1 and ciphers without forward secrecy, and counts them', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    assert.match(await failure(gateway.tlsPort, old), /ALERT_PROTOCOL_VERSION/);
    const weak = { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' } as const;
    assert.match(await failure(gateway.tlsPort, weak), /HANDSHAKE_FAILURE/);
    await eventually(async () => (await handshakes(gateway, 'no_overlap')) === 3, 'both to be counted');
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
    assert.ok(performance.now() - startedAt >= 950);
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
    const refused = (): Promise<number> => handshakes(gateway, 'refused');
    // Each worker's count reaches the primary by message at first.
    await eventually(async () => (await refused()) > 60, 'most of them to be refused');
    assert.ok((await refused()) <= 110, `${await refused()} refused`);
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

  it('redirects to the port that it is told, and not what a trusted proxy got over HTTPS', async () => {
    await gateway.reload(withTls({ redirect_http: 443 }, { trusted_proxies: ['127.0.0.2/32'] }));
    const secure = message('GET /a HTTP/1.1', 'Host: main.test:8080', 'X-Forwarded-Proto: https');
    const stranger = await gateway.connect();
    const moved = await stranger.request(secure);
    assert.equal(moved.status, 308);
    assert.deepEqual(valuesOf(moved.fields, 'location'), ['https://main.test/a']);
    stranger.destroy();
    const proxy = await gateway.connect('127.0.0.2');
    assert.equal((await proxy.request(secure)).status, 200);
    assert.equal((await proxy.request(get('main.test', 'X-Forwarded-Proto: http'))).status, 308);
    proxy.destroy();
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

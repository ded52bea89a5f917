/** TLS towards clients, seen from outside: real handshakes with the real command. */
import assert from 'node:assert/strict';
import { once as event } from 'node:events';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type tls from 'node:tls';
import { Authority, type Pem } from '../support/certificates.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { message, valuesOf } from '../support/wire.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';

const HELLO = {
  path: '/*',
  respond: { status: 200, body: 'hello' },
};

/** Subject of the certificate that a client is shown. */
async function shown(port: number, options: tls.ConnectionOptions = {}): Promise<string> {
  const client = await RawClient.connect(port, { tls: options });
  const { subject } = (client.socket as tls.TLSSocket).getPeerCertificate();
  client.destroy();
  return String(subject.CN);
}

function get(host: string, ...fields: readonly string[]): string {
  return message('GET / HTTP/1.1', `Host: ${host}`, ...fields);
}

/** How a handshake fails: the client's error code, or that it was cut after the handshake (TLS 1.3 client certificates). */
async function failure(port: number, options: tls.ConnectionOptions = {}): Promise<string> {
  try {
    const client = await RawClient.connect(port, { tls: options });
    client.write(get('main.test'));
    await client.closed();
    return client.received === '' ? 'closed' : client.received;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function handshakes(gateway: Gateway, result: string): Promise<number> {
  return gateway.metrics().then((metrics) => metrics.sum('octopus_tls_handshakes_total', { result }));
}

describe('certificates', { skip }, () => {
  let gateway: Gateway;
  let config: GatewayConfig;

  before(async () => {
    const main = authority!.issue('main.test');
    const shop = authority!.issue('shop.test', { names: 'DNS:shop.test,DNS:*.shop.test,DNS:www.main.test' });
    config = {
      tls: {
        enabled: true,
        cert: 'main.pem',
        key: 'main.key',
        certificates: [{ cert: 'shop.pem', key: 'shop.key' }],
      },
      routes: [HELLO],
    };
    gateway = await startGateway(config, {
      files: { 'main.pem': main.cert, 'main.key': main.key, 'shop.pem': shop.cert, 'shop.key': shop.key },
    });
  });

  after(() => gateway?.stop());

  it('are chosen by the named host: exact, wildcard, else the default', async () => {
    const at = (servername: string): Promise<string> => shown(gateway.tlsPort, { servername });
    assert.equal(await at('shop.test'), 'shop.test');
    assert.equal(await at('a.shop.test'), 'shop.test');
    assert.equal(await at('A.Shop.TEST'), 'shop.test');
    assert.equal(await at('a.b.shop.test'), 'main.test');
    assert.equal(await at('main.test'), 'main.test');
    assert.equal(await at('nobody.test'), 'main.test');
    assert.equal(await shown(gateway.tlsPort), 'main.test');
  });

  it('B15: a host that neither the handshake nor the certificate covers gets 421', async () => {
    const client = await RawClient.connect(gateway.tlsPort, { tls: { servername: 'shop.test' } });
    assert.equal((await client.request(get('shop.test'))).status, 200);
    assert.equal((await client.request(get('b.shop.test:8443'))).status, 200);
    assert.equal((await client.request(get('www.main.test'))).status, 200);
    const refused = await client.request(get('main.test'));
    assert.equal(refused.status, 421);
    assert.match(refused.body, /misdirected_request/);
    await client.closed();
    // A client that named no host, or one that only the default certificate answers for, has nothing to contradict.
    const unnamed = await RawClient.connect(gateway.tlsPort, { tls: {} });
    assert.equal((await unnamed.request(get('whatever.test'))).status, 200);
    unnamed.destroy();
    const unknown = await RawClient.connect(gateway.tlsPort, { tls: { servername: 'nobody.test' } });
    assert.equal((await unknown.request(get('nobody.test'))).status, 200);
    assert.equal((await unknown.request(get('shop.test'))).status, 421);
  });

  it('are exchanged on the fly when their files change; open connections go on', async () => {
    const client = await RawClient.connect(gateway.tlsPort, { tls: { servername: 'main.test' } });
    assert.equal((await client.request(get('main.test'))).status, 200);
    const renewed = authority!.issue('renewed.test', { names: 'DNS:main.test,DNS:new.test' });
    writeFileSync(path.join(gateway.folder, 'main.key'), renewed.key);
    writeFileSync(path.join(gateway.folder, 'main.pem'), renewed.cert);
    await eventually(
      async () => (await shown(gateway.tlsPort, { servername: 'main.test' })) === 'renewed.test',
      'the renewed certificate',
    );
    assert.equal(await shown(gateway.tlsPort, { servername: 'new.test' }), 'renewed.test');
    assert.equal((await client.request(get('main.test'))).status, 200);
    client.destroy();
  });

  it('that are broken leave the last good ones in force, with file and key in the log', async () => {
    const file = path.join(gateway.folder, 'shop.key');
    copyFileSync(file, `${file}.good`);
    copyFileSync(path.join(gateway.folder, 'main.key'), file);
    const line = await gateway.logLine(
      ({ level, message: text, problems, error }) =>
        level === 'error' && /shop\.key/.test(JSON.stringify([text, problems, error])),
      'the refused key',
    );
    assert.match(
      JSON.stringify(line),
      /tls\.certificates\[0\]\.key: .*shop\.key does not belong to the certificate/,
    );
    assert.equal(await shown(gateway.tlsPort, { servername: 'shop.test' }), 'shop.test');
    copyFileSync(`${file}.good`, file);
  });

  it('verify against their authority, with the whole of a large response', async () => {
    const client = await RawClient.connect(gateway.tlsPort, {
      tls: { servername: 'shop.test', ca: authority!.cert, rejectUnauthorized: true },
    });
    assert.equal((await client.request(get('shop.test'))).body, 'hello');
    client.destroy();
  });
});

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

it('a start with a missing file names the file and its key', { skip }, async () => {
  const start = startGateway({
    tls: { enabled: true, cert: 'absent.pem', key: 'absent.key' },
    routes: [HELLO],
  });
  await assert.rejects(start, ({ message: text }: Error) => {
    assert.match(text, /octopus\.yaml:\d+:\d+: tls\.cert: \S+absent\.pem cannot be read: no such file/);
    assert.match(text, /octopus\.yaml:\d+:\d+: tls\.key: \S+absent\.key cannot be read: no such file/);
    return true;
  });
});

it('server.https_port that is taken is said at the start', { skip }, async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await event(taken, 'listening');
  const { port } = taken.address() as net.AddressInfo;
  const pem = authority!.issue('main.test');
  const start = startGateway(
    { server: { https_port: port }, tls: { enabled: true, cert: 'c.pem', key: 'k.pem' }, routes: [HELLO] },
    { files: { 'c.pem': pem.cert, 'k.pem': pem.key } },
  );
  await assert.rejects(start, ({ message: text }: Error) => text.includes(`${port}`));
  taken.close();
});

/** TLS towards clients, seen from outside: real handshakes with the real command. */
import assert from 'node:assert/strict';
import { once as event } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { duplexPair } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { Authority } from '../support/certificates.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { get, shown } from '../support/tls-peer.ts';
import { withoutUws } from '../support/uws.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';

const HELLO = {
  path: '/*',
  respond: { status: 200, body: 'hello' },
};

/** A handshake of which the first bytes are sent now and the rest later. */
async function halfHandshake(port: number): Promise<{ finish(): Promise<void> }> {
  const socket = net.connect(port, '127.0.0.1');
  await event(socket, 'connect');
  const [outer, inner] = duplexPair();
  const client = tls.connect({ socket: inner, servername: 'main.test', rejectUnauthorized: false });
  const [hello] = (await event(outer, 'data')) as [Buffer];
  socket.write(hello.subarray(0, 50));
  return {
    async finish() {
      outer.pipe(socket).pipe(outer);
      socket.write(hello.subarray(50));
      await event(client, 'secureConnect');
      client.destroy();
      socket.destroy();
    },
  };
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

  it('are exchanged without a failed handshake or request, also in the middle of a handshake', async () => {
    const half = await halfHandshake(gateway.tlsPort);
    let running = true;
    let served = 0;
    const failures: unknown[] = [];
    const lane = async (): Promise<void> => {
      while (running) {
        try {
          const client = await RawClient.connect(gateway.tlsPort, { tls: { servername: 'main.test' } });
          for (let i = 0; i < 3; i++) assert.equal((await client.request(get('main.test'))).status, 200);
          client.destroy();
          served++;
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const lanes = Array.from({ length: 4 }, lane);
    for (const name of ['one.test', 'two.test', 'three.test']) {
      const { cert, key } = authority!.issue(name, { names: 'DNS:main.test' });
      writeFileSync(path.join(gateway.folder, 'main.key'), key);
      writeFileSync(path.join(gateway.folder, 'main.pem'), cert);
      const options = { servername: 'main.test' };
      await eventually(async () => (await shown(gateway.tlsPort, options)) === name, name);
    }
    running = false;
    await Promise.all(lanes);
    assert.deepEqual(failures, []);
    assert.ok(served > 10, `${served} connections`);
    await half.finish();
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

for (const engine of ['builtin', 'uws'] as const) {
  const unable = engine === 'uws' && withoutUws();
  it(`the whole chain of a certificate is sent, engine ${engine}`, { skip: skip || unable }, async () => {
    const { cert, key } = authority!.intermediate('between').issue('main.test');
    const gateway = await startGateway(
      { server: { engine }, tls: { enabled: true, cert: 'main.pem', key: 'main.key' }, routes: [HELLO] },
      { workers: 1, files: { 'main.pem': cert, 'main.key': key } },
    );
    try {
      const client = await RawClient.connect(gateway.tlsPort, {
        tls: { servername: 'main.test', ca: authority!.cert, rejectUnauthorized: true },
      });
      assert.equal((await client.request(get('main.test'))).body, 'hello');
      client.destroy();
    } finally {
      await gateway.stop();
    }
  });
}

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

/** TLS on the engine uws: the same requests as with the built-in one, and clear words about what it has not. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type tls from 'node:tls';
import { REQUESTS } from '../conformance/corpus/all.ts';
import type { RequestCase } from '../conformance/corpus/types.ts';
import { Authority } from '../support/certificates.ts';
import { corpusConfig, corpusOrigin } from '../support/corpus-gateway.ts';
import { checkCase, overTls, runCase } from '../support/corpus-runner.ts';
import { isDifferent, refusalOf } from '../support/engine-under-test.ts';
import { ENGINE, eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import type { RecordingOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { failure, get, shown } from '../support/tls-peer.ts';
import { withoutUws } from '../support/uws.ts';
import { message, valuesOf } from '../support/wire.ts';

const authority = await Authority.create();
const other = ENGINE === 'builtin' ? false : 'the test run chooses the engine';
const skip = other || withoutUws() || (authority === null && 'no openssl to make certificates with');

/** More than sockets take without a reader. Bytes. */
const LARGE = 4 * 1024 * 1024;

const WHO = `export const plugin = {
  name: 'who', version: '1.0.0',
  setup: () => ({
    onResponse({ request }, response) {
      response.headers.set('X-Who', JSON.stringify([request.scheme, request.tls?.certificate]));
    },
  }),
};`;

describe('TLS on the engine uws', { skip }, () => {
  let gateway: Gateway;
  let origin: RecordingOrigin;
  let config: GatewayConfig;

  before(async () => {
    origin = await corpusOrigin();
    const main = authority!.issue('main.test', { names: 'DNS:main.test,DNS:www.shop.test' });
    const shop = authority!.issue('shop.test', { names: 'DNS:shop.test,DNS:*.shop.test' });
    const { routes, ...rest } = corpusConfig(origin.address) as { routes: object[] };
    config = {
      ...rest,
      server: { engine: 'uws' },
      tls: {
        enabled: true,
        cert: 'main.pem',
        key: 'main.key',
        redirect_http: true,
        certificates: [{ cert: 'shop.pem', key: 'shop.key' }],
      },
      plugins: [{ name: 'who', path: './who.mjs' }],
      routes: [
        ...routes,
        { path: '/who', priority: 2, middleware: ['who'], respond: { status: 200 } },
        { path: '/large', priority: 2, respond: { status: 200, body: 'x'.repeat(LARGE) } },
      ],
    };
    gateway = await startGateway(config, {
      files: {
        'main.pem': main.cert,
        'main.key': main.key,
        'shop.pem': shop.cert,
        'shop.key': shop.key,
        'who.mjs': WHO,
      },
    });
  });

  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  const connect = (options: tls.ConnectionOptions = {}): Promise<RawClient> =>
    RawClient.connect(gateway.tlsPort, { tls: options });

  it('says at the start what it does not serve', async () => {
    assert.match(gateway.log, /The engine uws serves HTTP\/1.1 only: no HTTP\/2, gRPC, WebSocket, client/);
    assert.doesNotMatch(gateway.log, /Warning: /);
  });

  it('requests come in over https, for plugins and services too', async () => {
    const client = await connect({ servername: 'main.test', ca: authority!.cert, rejectUnauthorized: true });
    const answer = await client.request(message('GET /who HTTP/1.1', 'Host: main.test'));
    assert.deepEqual(JSON.parse(valuesOf(answer.fields, 'x-who')[0]!), ['https', null]);
    const upload = message('POST /up HTTP/1.1', 'Host: main.test', 'Content-Length: 100000');
    client.write(upload + 'y'.repeat(100_000));
    assert.equal((await client.response('POST')).status, 200);
    const seen = origin.seen.at(-1)!;
    assert.equal(seen.body.length, 100_000);
    assert.deepEqual(valuesOf(seen.fields, 'x-forwarded-proto'), ['https']);
    client.destroy();
  });

  it('a client that reads slowly gets all of a large response', async () => {
    const client = await connect();
    client.write(message('GET /large HTTP/1.1', 'Host: main.test'));
    await client.until(() => (client.received === '' ? null : true), 'the beginning');
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    client.socket.resume();
    const { complete, body } = await client.response();
    assert.ok(complete);
    assert.equal(body.length, LARGE);
    client.destroy();
  });

  it('certificates are chosen by the named host: exact, wildcard, else the default', async () => {
    const at = (servername: string): Promise<string> => shown(gateway.tlsPort, { servername });
    assert.equal(await at('shop.test'), 'shop.test');
    assert.equal(await at('a.shop.test'), 'shop.test');
    assert.equal(await at('a.b.shop.test'), 'main.test');
    assert.equal(await at('main.test'), 'main.test');
    // The default certificate has this name, the wildcard of the other one would match it too.
    assert.equal(await at('www.shop.test'), 'main.test');
    assert.equal(await at('nobody.test'), 'main.test');
    assert.equal(await shown(gateway.tlsPort), 'main.test');
  });

  it('B15: a host that the certificate of the connection does not cover gets 421', async () => {
    const client = await connect({ servername: 'shop.test' });
    for (const host of ['shop.test', 'b.shop.test:8443', 'www.shop.test']) {
      assert.equal((await client.request(get(host))).status, 200, host);
    }
    const refused = await client.request(get('main.test'));
    assert.equal(refused.status, 421);
    assert.match(refused.body, /misdirected_request/);
    await client.closed();
    const unnamed = await connect();
    assert.equal((await unnamed.request(get('whatever.test'))).status, 200);
    assert.equal((await unnamed.request(get('shop.test'))).status, 421);
  });

  it('TLS 1.2 and 1.3 with the configured ciphers, and no HTTP/2', async () => {
    const older = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    assert.match(await failure(gateway.tlsPort, older), /ALERT_PROTOCOL_VERSION/);
    const weak = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' } as const;
    assert.match(await failure(gateway.tlsPort, weak), /HANDSHAKE_FAILURE/);
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const client = await connect({
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      assert.equal((client.socket as tls.TLSSocket).alpnProtocol, false);
      assert.equal((await client.request(get('main.test'))).status, 200);
      client.destroy();
    }
  });

  it('plain HTTP on the TLS port is closed', async () => {
    const client = await RawClient.connect(gateway.tlsPort);
    client.write(get('main.test'));
    await client.closed();
    assert.equal(client.received, '');
  });

  it('certificates are exchanged on the fly when their files change; open connections go on', async () => {
    const client = await connect({ servername: 'main.test' });
    assert.equal((await client.request(get('main.test'))).status, 200);
    for (const name of ['second.test', 'third.test']) {
      const { cert, key } = authority!.issue(name, { names: 'DNS:main.test' });
      writeFileSync(path.join(gateway.folder, 'main.key'), key);
      writeFileSync(path.join(gateway.folder, 'main.pem'), cert);
      // Both workers listen with the new one: none of many handshakes shows the old one.
      await eventually(async () => {
        const all = await Promise.all(
          Array.from({ length: 12 }, () => shown(gateway.tlsPort, { servername: 'main.test' })),
        );
        return all.every((subject) => subject === name);
      }, `${name} to be shown by all`);
      assert.equal((await client.request(get('main.test'))).status, 200, 'the open connection');
      assert.equal(await shown(gateway.tlsPort, { servername: 'shop.test' }), 'shop.test');
    }
    client.destroy();
  });

  it('what it cannot do is refused on reload, with the reason', async () => {
    const wrong = { ...config, tls: { ...(config['tls'] as object), client_ca: 'main.pem' } };
    await assert.rejects(
      gateway.reload(wrong),
      /tls.client_ca: the engine uws asks for no client certificates/,
    );
    await gateway.reload(config);
    assert.equal((await (await connect()).request(get('main.test'))).status, 200);
  });

  it('redirects plain requests', async () => {
    const client = await gateway.connect();
    const moved = await client.request(message('GET /a?q=1 HTTP/1.1', 'Host: main.test:80'));
    assert.equal(moved.status, 308);
    assert.deepEqual(valuesOf(moved.fields, 'location'), [`https://main.test:${gateway.tlsPort}/a?q=1`]);
    client.destroy();
  });

  it('the conformance corpus: what it answers at once, it answers over TLS too', {
    timeout: 60_000,
  }, async () => {
    const quick = (test: RequestCase): boolean => {
      const outcome = refusalOf(test.id)?.outcome;
      return outcome === undefined || outcome !== 'silent';
    };
    let served = 0;
    for (const test of REQUESTS.filter(({ id }) => !isDifferent(id)).filter(quick)) {
      const observed = await runCase(gateway.tlsPort, origin, test, { tls: true });
      const outcome = refusalOf(test.id)?.outcome;
      if (outcome === undefined) checkCase(overTls(test), observed);
      else if (outcome === 'closed') assert.ok(observed.closed, test.id);
      else assert.equal(observed.statuses.at(-1), outcome, test.id);
      served++;
    }
    assert.ok(served > 50, `${served} cases`);
    assert.deepEqual(origin.violations, []);
  });

  it('a drained gateway finishes requests over TLS', async () => {
    const client = await connect();
    assert.equal((await client.request(get('x.test'))).status, 200);
    const { code } = await gateway.stop();
    assert.equal(code, 0);
    await client.closed();
  });
});

it('ciphers that the library does not know end the start', { skip }, async () => {
  const { cert, key } = authority!.issue('main.test');
  const tls = { enabled: true, cert: 'main.pem', key: 'main.key', ciphers: 'DHE-RSA-AES256-CCM' };
  const config = { server: { engine: 'uws' }, tls, routes: [{ path: '/', respond: { status: 200 } }] };
  await assert.rejects(
    startGateway(config, { workers: 1, files: { 'main.pem': cert, 'main.key': key } }),
    /µWebSockets.js refuses tls.ciphers/,
  );
});

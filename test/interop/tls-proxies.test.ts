/** nginx and HAProxy in front of and behind the gateway, over TLS and HTTP/2. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import { type ProxyTls, type RunningProxy, startTlsHaproxy, startTlsNginx } from './proxies.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';
const LARGE = randomBytes(1_500_000);
const digest = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

type Peer = RunningProxy | { missing: string };

describe('proxies around the gateway over TLS', { skip }, () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-tls-proxies-'));
  const behind: Record<string, Peer> = {};
  const front: Record<string, Peer> = {};
  let service: http.Server;
  let gateway: Gateway;
  let tls: ProxyTls;

  before(async () => {
    service = http.createServer((request, response) => {
      response.setHeader(
        'X-Seen',
        JSON.stringify([request.headers.host, request.headers['x-forwarded-proto']]),
      );
      const hash = createHash('sha256');
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () => {
        response.setHeader('X-Sha256', hash.digest('hex'));
        response.end(request.url?.endsWith('/large') ? LARGE : 'ok');
      });
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const { port } = service.address() as AddressInfo;
    const { cert, key } = authority!.issue('main.test');
    const files = { 'cert.pem': cert, 'key.pem': key, 'both.pem': cert + key, 'ca.pem': authority!.cert };
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    const file = (name: string): string => path.join(folder, name);
    tls = {
      cert: file('cert.pem'),
      key: file('key.pem'),
      pem: file('both.pem'),
      ca: file('ca.pem'),
      name: 'main.test',
    };

    behind['nginx'] = await startTlsNginx(`http://127.0.0.1:${port}`, tls);
    behind['haproxy'] = await startTlsHaproxy(`127.0.0.1:${port}`, tls);
    const upstreams = Object.entries(behind).flatMap(([name, peer]) =>
      'missing' in peer
        ? []
        : ['h2', 'auto', 'h1'].map((protocol) => ({
            name: `${name}-${protocol}`,
            endpoints: [`https://127.0.0.1:${peer.port}`],
            protocol,
            tls: { ca: 'ca.pem', server_name: 'main.test' },
          })),
    );
    gateway = await startGateway(
      {
        server: { trusted_proxies: ['127.0.0.1/32'] },
        tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' },
        upstreams: [{ name: 'service', endpoints: [`127.0.0.1:${port}`] }, ...upstreams],
        routes: [
          ...upstreams.map(({ name }) => ({ path: `/${name}/*`, upstream: name, preserve_host: true })),
          { path: '/service/*', upstream: 'service', preserve_host: true },
        ],
      },
      { files },
    );
    const verified = `ssl verify required ca-file ${tls.ca} sni str(main.test) verifyhost main.test`;
    front['nginx, HTTP/1.1'] = await startTlsNginx(`https://127.0.0.1:${gateway.tlsPort}`, tls);
    front['haproxy, HTTP/2'] = await startTlsHaproxy(`127.0.0.1:${gateway.tlsPort} ${verified} alpn h2`, tls);
    front['haproxy, HTTP/1.1'] = await startTlsHaproxy(`127.0.0.1:${gateway.tlsPort} ${verified}`, tls);
    front['haproxy, HTTP/2 without TLS'] = await startTlsHaproxy(`127.0.0.1:${gateway.port} proto h2`, tls);
  });

  after(async () => {
    for (const peer of [...Object.values(front), ...Object.values(behind)])
      if ('stop' in peer) await peer.stop();
    await gateway?.stop();
    service?.closeAllConnections();
    service?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A download, an upload and twenty requests at once through all that is in between. */
  async function exchange(port: number, upstream: string): Promise<string[]> {
    const client = await Http2Client.connect(`https://127.0.0.1:${port}`, {
      servername: 'main.test',
      ca: authority!.cert,
      rejectUnauthorized: true,
    });
    const ask = { ':authority': 'main.test', ':path': `/${upstream}/large` };
    const down = await client.request(ask);
    assert.equal(down.status, 200, down.body);
    assert.equal(digest(Buffer.from(down.body, 'latin1')), digest(LARGE));
    const up = await client.request({ ...ask, ':method': 'POST', ':path': `/${upstream}/up` }, LARGE);
    assert.deepEqual([up.status, up.headers['x-sha256']], [200, digest(LARGE)]);
    const many = Array.from({ length: 20 }, () => client.request({ ...ask, ':path': `/${upstream}/small` }));
    for (const answer of await Promise.all(many)) assert.equal(answer.body, 'ok');
    client.destroy();
    return JSON.parse(String(down.headers['x-seen'])) as string[];
  }

  for (const name of ['nginx', 'haproxy']) {
    for (const protocol of ['h2', 'auto', 'h1']) {
      it(`${name} behind the gateway, protocol ${protocol}`, async (context) => {
        const peer = behind[name]!;
        if ('missing' in peer) return context.skip(peer.missing);
        await exchange(gateway.tlsPort, `${name}-${protocol}`);
      });
    }
  }

  for (const name of [
    'nginx, HTTP/1.1',
    'haproxy, HTTP/2',
    'haproxy, HTTP/1.1',
    'haproxy, HTTP/2 without TLS',
  ]) {
    it(`${name}, in front of the gateway`, async (context) => {
      const peer = front[name]!;
      if ('missing' in peer) return context.skip(peer.missing);
      const scheme = name.includes('without') ? 'http' : 'https';
      assert.deepEqual(await exchange(peer.port, 'service'), ['main.test', scheme]);
    });
  }

  it('one in front and one behind', async (context) => {
    const peers = [front['haproxy, HTTP/2']!, behind['nginx']!];
    const missing = peers.find((peer) => 'missing' in peer);
    if (missing !== undefined && 'missing' in missing) return context.skip(missing.missing);
    await exchange((peers[0] as RunningProxy).port, 'nginx-h2');
  });
});

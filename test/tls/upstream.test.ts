/** TLS towards endpoints: names, authorities, client certificates, sessions, checks. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type tls from 'node:tls';
import { Authority, type Pem } from '../support/certificates.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { message, type WireResponse } from '../support/wire.ts';

const authority = await Authority.create();
const stranger = await Authority.create('somebody else');
const skip = authority === null && 'no openssl to make certificates with';

/** What a secure endpoint saw of its client. */
interface Seen {
  readonly serverName: string | false;
  readonly alpn: string | false | null;
  readonly client: string;
  readonly resumed: boolean;
  readonly host: string;
  readonly body: number;
}

describe('endpoints over TLS', { skip }, () => {
  let gateway: Gateway;
  let endpoint: https.Server;
  let gatewayPem: Pem;
  let port: number;
  let checks = 0;

  const upstream = (tlsSettings: object | undefined, more: object = {}) => ({
    name: 'secure',
    endpoints: [`https://127.0.0.1:${port}`],
    ...(tlsSettings === undefined ? {} : { tls: tlsSettings }),
    ...more,
  });
  const config = (...args: Parameters<typeof upstream>): GatewayConfig => ({
    routing: { retries: 0 },
    upstreams: [upstream(...args)],
    routes: [{ path: '/*', upstream: 'secure' }],
  });

  before(async () => {
    const server = authority!.issue('secure.internal', { names: 'DNS:secure.internal,IP:127.0.0.1' });
    gatewayPem = authority!.issue('the gateway');
    endpoint = https.createServer(
      { ...server, ca: authority!.cert, requestCert: true, rejectUnauthorized: false, allowHalfOpen: true },
      (request, response) => {
        if (request.url === '/health') checks++;
        const socket = request.socket as tls.TLSSocket & { servername: string | false };
        let body = 0;
        request.on('data', (chunk: Buffer) => {
          body += chunk.length;
        });
        request.on('end', () => {
          const seen: Seen = {
            serverName: socket.servername,
            alpn: socket.alpnProtocol,
            client: String(socket.getPeerCertificate().subject?.CN ?? ''),
            resumed: socket.isSessionReused(),
            host: request.headers.host ?? '',
            body,
          };
          if (request.url === '/close') response.setHeader('Connection', 'close');
          response.setHeader('X-Seen', JSON.stringify(seen));
          response.end(request.url === '/large' ? Buffer.alloc(3_000_000, 'x') : 'ok');
        });
      },
    );
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    ({ port } = endpoint.address() as AddressInfo);
    gateway = await startGateway(config({ ca: 'ca.pem' }), {
      workers: 1,
      files: {
        'ca.pem': authority!.cert,
        'other-ca.pem': stranger!.cert,
        'gateway.pem': gatewayPem.cert,
        'gateway.key': gatewayPem.key,
      },
    });
  });

  after(async () => {
    await gateway?.stop();
    endpoint?.closeAllConnections();
    endpoint?.close();
  });

  async function ask(target = '/', body = ''): Promise<WireResponse> {
    const client = await gateway.connect();
    try {
      const length = body === '' ? [] : [`Content-Length: ${body.length}`];
      const method = body === '' ? 'GET' : 'POST';
      return await client.request(message(`${method} ${target} HTTP/1.1`, 'Host: a', ...length) + body);
    } finally {
      client.destroy();
    }
  }

  function seenBy({ fields }: WireResponse): Seen {
    return JSON.parse(fields.find(([name]) => name.toLowerCase() === 'x-seen')![1]) as Seen;
  }

  it('an address is checked as such, without SNI; bodies are whole both ways', async () => {
    const answer = await ask('/large', 'y'.repeat(2_000_000));
    assert.equal(answer.status, 200);
    assert.equal(answer.body.length, 3_000_000);
    const seen = seenBy(answer);
    assert.deepEqual(
      { ...seen, resumed: false },
      {
        serverName: false,
        alpn: 'http/1.1',
        client: '',
        resumed: false,
        host: `127.0.0.1:${port}`,
        body: 2_000_000,
      },
    );
  });

  it('the next connection resumes the session', async () => {
    await ask('/close');
    await ask('/close');
    assert.equal(seenBy(await ask('/close')).resumed, true);
  });

  it('shows its certificate and the configured name', async () => {
    await gateway.reload(
      config({ ca: 'ca.pem', cert: 'gateway.pem', key: 'gateway.key', server_name: 'secure.internal' }),
    );
    const seen = seenBy(await ask());
    assert.equal(seen.serverName, 'secure.internal');
    assert.equal(seen.client, 'the gateway');
  });

  it('without a configured name it is that of the endpoint', async () => {
    const named = { endpoints: [`https://localhost:${port}`] };
    await gateway.reload(config({ ca: 'ca.pem' }, named));
    // The certificate is for other names.
    assert.equal((await ask()).status, 502);
    await gateway.reload(config({ verify: false }, named));
    assert.equal(seenBy(await ask()).serverName, 'localhost');
    await gateway.reload(
      config({ ca: 'ca.pem', cert: 'gateway.pem', key: 'gateway.key', server_name: 'secure.internal' }),
    );
  });

  it('a changed certificate file leads to new connections with it', async () => {
    const renewed = authority!.issue('the renewed gateway');
    writeFileSync(path.join(gateway.folder, 'gateway.key'), renewed.key);
    writeFileSync(path.join(gateway.folder, 'gateway.pem'), renewed.cert);
    await eventually(async () => seenBy(await ask()).client === 'the renewed gateway', 'the new certificate');
  });

  it('a certificate of another authority or for another name is 502, and the log says why', async () => {
    await gateway.reload(config({ ca: 'other-ca.pem' }));
    assert.equal((await ask()).status, 502);
    await gateway.logLine((line) => /UNABLE_TO|SELF_SIGNED/.test(String(line['error_detail'])), 'the reason');
    await gateway.reload(config({ ca: 'ca.pem', server_name: 'other.internal' }));
    assert.equal((await ask()).status, 502);
    await gateway.logLine(
      (line) => JSON.stringify(line).includes('ERR_TLS_CERT_ALTNAME_INVALID'),
      'the reason',
    );
    // Without a CA of its own the system's count, and none of those knows ours.
    await gateway.reload(config(undefined));
    assert.equal((await ask()).status, 502);
  });

  it('verify: false takes any', async () => {
    await gateway.reload(config({ verify: false }));
    assert.equal((await ask()).status, 200);
  });

  it('health checks speak TLS too, and see a bad certificate', async () => {
    const check = { health_check: { path: '/health', interval: '100ms', unhealthy_after: 1 } };
    await gateway.reload(config({ ca: 'ca.pem' }, check));
    await eventually(async () => checks >= 2 && (await ask()).status === 200, 'checks to pass');
    await gateway.reload(config({ ca: 'other-ca.pem' }, check));
    await eventually(async () => (await ask()).status === 503, 'the endpoint to be unhealthy');
  });
});

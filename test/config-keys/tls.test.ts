/** Keys of `tls`, through a running gateway; those of handshakes and client certificates have files of their own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { Authority } from '../support/certificates.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { message } from '../support/wire.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';

describe('keys of tls', { skip }, () => {
  let gateway: Gateway;

  const config = (keys: object = {}) => ({
    tls: { enabled: true, cert: 'main.pem', key: 'main.key', ...keys },
    routes: [{ path: '/*', respond: { status: 200, body: 'hello' } }],
  });

  before(async () => {
    const main = authority!.issue('main.test');
    const other = authority!.issue('other.test');
    gateway = await startGateway(config(), {
      workers: 1,
      files: {
        'main.pem': main.cert,
        'main.key': main.key,
        'other.pem': other.cert,
        'other.key': other.key,
        'main.ocsp': 'response for main',
        'other.ocsp': 'response for other',
      },
    });
  });

  after(() => gateway?.stop());

  const connect = (options: tls.ConnectionOptions = {}): Promise<RawClient> =>
    RawClient.connect(gateway.tlsPort, { tls: { servername: 'main.test', ...options } });

  const secure = (client: RawClient): tls.TLSSocket => client.socket as tls.TLSSocket;

  async function handshake(options: tls.ConnectionOptions): Promise<string> {
    try {
      const client = await connect(options);
      const { name } = secure(client).getCipher();
      client.destroy();
      return name;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  it('min_version', async () => {
    assert.match(await handshake({ maxVersion: 'TLSv1.2' }), /^ECDHE/);
    await gateway.reload(config({ min_version: '1.3' }));
    assert.match(await handshake({ maxVersion: 'TLSv1.2' }), /ALERT_PROTOCOL_VERSION/);
    assert.match(await handshake({}), /^TLS_/);
  });

  it('ciphers', async () => {
    await gateway.reload(config({ ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }));
    assert.equal(await handshake({ maxVersion: 'TLSv1.2' }), 'ECDHE-ECDSA-CHACHA20-POLY1305');
    const only = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
    assert.match(await handshake(only), /HANDSHAKE_FAILURE/);
  });

  it('strict_host', async () => {
    const foreign = message('GET / HTTP/1.1', 'Host: foreign.test');
    await gateway.reload(config());
    assert.equal((await (await connect()).request(foreign)).status, 421);
    await gateway.reload(config({ strict_host: false }));
    assert.equal((await (await connect()).request(foreign)).status, 200);
  });

  it('certificates: hosts, and ocsp of each', async () => {
    const more = {
      cert: 'other.pem',
      key: 'other.key',
      ocsp: 'other.ocsp',
      hosts: ['*.wild.test', 'EXACT.test'],
    };
    await gateway.reload(config({ ocsp: 'main.ocsp', certificates: [more] }));
    const stapled = async (servername: string): Promise<string> => {
      const socket = tls.connect({
        port: gateway.tlsPort,
        host: '127.0.0.1',
        servername,
        rejectUnauthorized: false,
        requestOCSP: true,
      } as tls.ConnectionOptions);
      const response = await new Promise<Buffer>((resolve) => {
        socket.once('OCSPResponse', (bytes: Buffer) => resolve(bytes));
      });
      socket.destroy();
      return String(response);
    };
    assert.equal(await stapled('a.wild.test'), 'response for other');
    assert.equal(await stapled('exact.test'), 'response for other');
    // The names in the certificate count only where `hosts` is not written.
    assert.equal(await stapled('other.test'), 'response for main');
    assert.equal(await stapled('main.test'), 'response for main');
  });

  /** Whether a session of TLS 1.2 can be resumed now. */
  async function resumes(session: Buffer): Promise<boolean> {
    const client = await connect({ maxVersion: 'TLSv1.2', session });
    const reused = secure(client).isSessionReused();
    client.destroy();
    return reused;
  }

  async function newSession(): Promise<Buffer> {
    const client = await connect({ maxVersion: 'TLSv1.2' });
    const session = secure(client).getSession()!;
    client.destroy();
    return session;
  }

  it('session_timeout', async () => {
    await gateway.reload(config({ session_timeout: '1s' }));
    const session = await newSession();
    await eventually(async () => !(await resumes(session)), 'the session to end');
    await gateway.reload(config({ session_timeout: '1h' }));
    assert.equal(await resumes(await newSession()), true);
  });

  it('ticket_rotation', async () => {
    await gateway.reload(config({ ticket_rotation: '1s' }));
    const session = await newSession();
    await eventually(async () => !(await resumes(session)), 'the keys to be replaced');
    const fresh = await newSession();
    assert.equal(await resumes(fresh), true);
  });
});

/** What testssl.sh, which looks for weak and broken TLS, has to say about a gateway with default settings. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Authority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { findProgram } from '../support/programs.ts';

const run = promisify(execFile);
const authority = await Authority.create();
const inSoak = process.env['OCTOPUS_SOAK'] ? false : 'minutes; only with OCTOPUS_SOAK=1';
const testssl = inSoak ? { missing: inSoak } : await findProgram('testssl');
const skip =
  'missing' in testssl ? testssl.missing : authority === null && 'no openssl to make certificates with';

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

const BAD = new Set(['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL']);
/** Not the doing of the gateway. */
const NOT_OURS: Readonly<Record<string, string>> = {
  cert_revocation:
    'the authority of the test has neither a list of revoked certificates nor an OCSP responder',
  security_headers: 'fields for browsers are the business of the service, or of the plugin `headers`',
};

describe('testssl.sh', { skip }, () => {
  let gateway: Gateway;

  before(async () => {
    // RSA, because most of the known attacks need it. Less than 60 days of validity are a finding.
    const { cert, key } = authority!.issue('localhost', { key: 'rsa:2048', days: 90 });
    gateway = await startGateway(
      {
        tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' },
        routes: [{ path: '/*', respond: { status: 200, body: 'hello' } }],
      },
      { files: { 'cert.pem': cert, 'key.pem': key, 'ca.pem': authority!.cert } },
    );
  });

  after(() => gateway?.stop());

  /** @param checks options of testssl; none for all checks */
  async function findings(name: string, checks: readonly string[]): Promise<Map<string, Finding>> {
    const file = path.join(gateway.folder, `${name}.json`);
    const options = ['--warnings', 'off', '--color', '0', '--quiet', '--nodns', 'none', '--ip', '127.0.0.1'];
    const ca = ['--add-ca', path.join(gateway.folder, 'ca.pem')];
    const target = `localhost:${gateway.tlsPort}`;
    await run(
      (testssl as { path: string }).path,
      [...options, ...ca, '--jsonfile', file, ...checks, target],
      {
        cwd: gateway.folder,
        maxBuffer: 10_000_000,
      },
    );
    const list = JSON.parse(readFileSync(file, 'utf8')) as Finding[];
    return new Map(list.map((one) => [one.id, one]));
  }

  function check(found: ReadonlyMap<string, Finding>): void {
    const bad = [...found.values()].filter(({ id, severity }) => BAD.has(severity) && !(id in NOT_OURS));
    assert.deepEqual(
      bad.map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`),
      [],
    );
  }

  it('protocols', async () => {
    const found = await findings('quick', ['--protocols', '--fast']);
    check(found);
    for (const id of ['SSLv2', 'SSLv3', 'TLS1_2', 'TLS1_3', 'ALPN_HTTP2']) {
      assert.equal(found.get(id)?.severity, 'OK', id);
    }
    for (const id of ['TLS1', 'TLS1_1']) assert.equal(found.get(id)?.finding, 'not offered');
  });

  it('everything it knows', { timeout: 600_000 }, async () => {
    const found = await findings('whole', []);
    check(found);
    const asked = [
      'cipher_order',
      'ROBOT',
      'secure_client_renego',
      'fallback_SCSV',
      'LUCKY13',
      'cert_chain_of_trust',
    ];
    assert.deepEqual(
      asked.filter((id) => !found.has(id)),
      [],
    );
  });
});

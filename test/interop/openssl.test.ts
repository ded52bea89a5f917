/** What the `openssl` program sees of the gateway: real OCSP responses, and that early data is not offered. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../support/certificates.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { findProgram } from '../support/programs.ts';

const authority = await Authority.create();
const openssl = await findProgram('openssl');
const skip = authority === null && 'no openssl to make certificates with';

describe('openssl s_client', { skip }, () => {
  const file = (openssl as { path: string }).path;
  let gateway: Gateway;

  before(async () => {
    const { cert, key } = authority!.issue('localhost');
    gateway = await startGateway(
      {
        tls: { enabled: true, cert: 'cert.pem', key: 'key.pem', ocsp: 'cert.ocsp' },
        routes: [{ path: '/*', respond: { status: 200, body: 'hello' } }],
      },
      {
        workers: 1,
        files: { 'cert.pem': cert, 'key.pem': key, 'ca.pem': authority!.cert, 'cert.ocsp': 'to come' },
      },
    );
  });

  after(() => gateway?.stop());

  /** Writes an OCSP response of the authority for the certificate, DER. */
  function respond(status: 'good' | 'revoked'): void {
    const { folder } = gateway;
    const serial = execFileSync(file, ['x509', '-noout', '-serial', '-in', `${folder}/cert.pem`], {
      encoding: 'latin1',
    }).trim();
    const number = serial.replace('serial=', '');
    const entry =
      status === 'good'
        ? `V\t400101000000Z\t\t${number}\tunknown\t/CN=localhost\n`
        : `R\t400101000000Z\t200101000000Z\t${number}\tunknown\t/CN=localhost\n`;
    writeFileSync(path.join(folder, 'index.txt'), entry);
    const ca = path.join(authority!.folder, 'ca.pem');
    const signer = ['-rsigner', ca, '-rkey', path.join(authority!.folder, 'ca.key'), '-CA', ca];
    const about = ['-issuer', ca, '-cert', `${folder}/cert.pem`, '-no_nonce', '-ndays', '1'];
    const made = path.join(folder, 'made.ocsp');
    execFileSync(file, ['ocsp', '-index', `${folder}/index.txt`, ...signer, ...about, '-respout', made], {
      stdio: 'pipe',
    });
    writeFileSync(path.join(folder, 'cert.ocsp'), readFileSync(made));
  }

  /** What it prints about a connection, session ticket included. */
  async function connect(...options: readonly string[]): Promise<string> {
    const target = ['s_client', '-connect', `127.0.0.1:${gateway.tlsPort}`, '-servername', 'localhost'];
    const ca = ['-CAfile', path.join(gateway.folder, 'ca.pem'), '-verify_return_error'];
    const child = spawn(file, [...target, ...ca, '-ign_eof', ...options], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('latin1').on('data', (text: string) => {
        output += text;
      });
    }
    // It may be gone already.
    child.stdin.on('error', () => {});
    child.stdin.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await new Promise((resolve) => child.once('close', resolve));
    return output;
  }

  for (const status of ['good', 'revoked'] as const) {
    it(`gets the OCSP response that the file holds now: ${status}`, async () => {
      respond(status);
      for (const version of ['-tls1_2', '-tls1_3']) {
        const seen = new RegExp(`Cert Status: ${status}`);
        const output = await eventually(async () => {
          const text = await connect('-status', version);
          return seen.test(text) ? text : null;
        }, `the response to be stapled, ${version}`);
        assert.match(output, /OCSP Response Status: successful/);
        assert.match(output, /HTTP\/1\.1 200 OK/);
      }
    });
  }

  it('who does not ask gets no response', async () => {
    assert.doesNotMatch(await connect(), /OCSP Response Status/);
  });

  it('early data (0-RTT) is not offered', async () => {
    const output = await connect('-tls1_3');
    assert.match(output, /Max Early Data: 0\b/);
    assert.doesNotMatch(output, /Max Early Data: [1-9]/);
  });
});

/** HTTP/2 clients that others wrote: curl, nghttp, h2load. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Authority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';
import { findProgram } from '../support/programs.ts';

const run = promisify(execFile);
const authority = await Authority.create();
const [curl, nghttp, h2load] = await Promise.all([
  findProgram('curl'),
  findProgram('nghttp'),
  findProgram('h2load'),
]);
const skip = authority === null && 'no openssl to make certificates with';

describe('HTTP/2 clients', { skip }, () => {
  const large = randomBytes(2_000_000);
  let gateway: Gateway;
  let origin: HttpOrigin;

  before(async () => {
    origin = await startHttpOrigin((request, response) => {
      if (request.url === '/large') response.end(large);
      else request.pipe(response);
    });
    const { cert, key } = authority!.issue('localhost');
    gateway = await startGateway(
      {
        tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' },
        upstreams: [{ name: 'origin', endpoints: [origin.address] }],
        routes: [{ path: '/*', upstream: 'origin' }],
      },
      { files: { 'cert.pem': cert, 'key.pem': key, 'ca.pem': authority!.cert } },
    );
    writeFileSync(path.join(gateway.folder, 'large'), large);
  });

  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  const file = (name: string): string => path.join(gateway.folder, name);
  const secure = (target: string): string => `https://localhost:${gateway.tlsPort}${target}`;
  const plain = (target: string): string => `http://127.0.0.1:${gateway.port}${target}`;

  describe('curl', { skip: 'missing' in curl && curl.missing }, () => {
    const ask = async (...args: string[]): Promise<Buffer> => {
      const options = { encoding: 'buffer', maxBuffer: 10_000_000 } as const;
      const { stdout } = await run(
        (curl as { path: string }).path,
        ['-sS', '--max-time', '20', ...args],
        options,
      );
      return stdout;
    };
    for (const [title, flags, url] of [
      ['by ALPN', ['--http2'], secure],
      ['with prior knowledge', ['--http2-prior-knowledge'], plain],
      ['HTTP/1.1 over TLS', ['--http1.1'], secure],
    ] as const) {
      it(`${title}: a large body both ways`, async () => {
        const common = [...flags, '--cacert', file('ca.pem')];
        const answered = await ask(...common, '--data-binary', `@${file('large')}`, url('/echo'));
        assert.ok(answered.equals(large));
        const version = await ask(
          ...common,
          '-o',
          '/dev/null',
          '-w',
          '%{http_version} %{http_code}',
          url('/large'),
        );
        assert.equal(version.toString(), flags[0] === '--http1.1' ? '1.1 200' : '2 200');
      });
    }
  });

  it('nghttp multiplexes', { skip: 'missing' in nghttp && nghttp.missing }, async () => {
    const urls = Array.from({ length: 20 }, (_, i) => secure(`/large?${i}`));
    const { stdout } = await run((nghttp as { path: string }).path, ['-ns', '--no-verify-peer', ...urls]);
    assert.equal(stdout.match(/ 200 +\d/g)?.length, 20, stdout);
  });

  it('h2load: thousands of requests, none fails', {
    skip: 'missing' in h2load && h2load.missing,
  }, async () => {
    for (const url of [plain('/x'), secure('/x')]) {
      const { stdout } = await run((h2load as { path: string }).path, [
        '-n',
        '3000',
        '-c',
        '8',
        '-m',
        '20',
        url,
      ]);
      assert.match(stdout, /3000 succeeded, 0 failed, 0 errored, 0 timeout/);
    }
  });
});

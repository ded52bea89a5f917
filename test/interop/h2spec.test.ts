/** The public HTTP/2 conformance suite. Every case that does not pass is listed here with the reason. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';
import { findGoProgram } from '../support/programs.ts';

const CLOSED = 'RFC 9113 section 5.1 allows to ignore frames on closed streams, which nghttp2 does';
const JUSTIFIED: Readonly<Record<string, string>> = {
  '8: closed: Sends a DATA frame after sending RST_STREAM frame': CLOSED,
  '9: closed: Sends a HEADERS frame after sending RST_STREAM frame': CLOSED,
  '11: closed: Sends a DATA frame': CLOSED,
  '12: closed: Sends a HEADERS frame': CLOSED,
  '2: Sends stream identifier that is numerically smaller than previous': CLOSED,
  '2: Sends a PING frame with ACK':
    'Node closes the connection; nothing is sent in answer, which is what the case is about',
  '2: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1':
    'Node closes the connection with another error code',
};
/** The plain port speaks HTTP/1.1 too, and answers 400 in that language before it closes. */
const PLAIN_ONLY = '2: Sends invalid connection preface';

const authority = await Authority.create();
const program = await findGoProgram('h2spec', 'github.com/summerwind/h2spec/cmd/h2spec@latest');
const skip =
  'missing' in program
    ? program.missing
    : authority === null
      ? 'no openssl to make certificates with'
      : false;

describe('h2spec', { skip }, () => {
  let gateway: Gateway;
  let origin: HttpOrigin;

  before(async () => {
    origin = await startHttpOrigin((request, response) => {
      request.resume().on('end', () => response.end('Hello from an endpoint of this gateway.'));
    });
    const { cert, key } = authority!.issue('localhost');
    gateway = await startGateway(
      {
        tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' },
        upstreams: [{ name: 'origin', endpoints: [origin.address] }],
        routes: [{ path: '/*', upstream: 'origin' }],
      },
      { files: { 'cert.pem': cert, 'key.pem': key } },
    );
  });

  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  /** Titles of the cases that failed, and the closing line. */
  function run(...args: string[]): Promise<{ failed: string[]; summary: string }> {
    const { path } = program as { path: string };
    return new Promise((resolve) => {
      execFile(path, ['-h', '127.0.0.1', '-o', '1', ...args], (_error, stdout) => {
        const lines = stdout.replaceAll('\0', '').split('\n');
        const report = lines.slice(lines.findIndex((line) => line.startsWith('Failures')));
        const failed = report.flatMap((line) => /×\s+(\d+: .*?)\s*$/.exec(line)?.[1] ?? []);
        resolve({ failed, summary: lines.findLast((line) => / tests, /.test(line)) ?? stdout });
      });
    });
  }

  function check(
    { failed, summary }: { failed: string[]; summary: string },
    also: readonly string[] = [],
  ): void {
    assert.match(summary, /^14\d tests, 1[34]\d passed/);
    assert.deepEqual(
      failed.filter((title) => JUSTIFIED[title] === undefined && !also.includes(title)),
      [],
    );
  }

  it('D2, D5 and the rest, with prior knowledge', async () => {
    check(await run('-p', String(gateway.port)), [PLAIN_ONLY]);
  });

  const inSoak = process.env['OCTOPUS_SOAK'] ? false : 'only with OCTOPUS_SOAK=1';
  it('D2, D5 and the rest, over TLS', { skip: inSoak }, async () => {
    check(await run('-p', String(gateway.tlsPort), '-t', '-k'));
  });
});

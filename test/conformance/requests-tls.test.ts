/** The corpus of requests once more, over TLS: it is the same reader, and this shows that no way leads past it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../support/certificates.ts';
import { corpusConfig, corpusOrigin } from '../support/corpus-gateway.ts';
import { checkCase, inParallel, overTls, runCase } from '../support/corpus-runner.ts';
import { Failures } from '../support/failures.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { RecordingOrigin } from '../support/origin.ts';
import { REQUESTS } from './corpus/all.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';

describe('hostile and unusual requests over TLS', { skip, concurrency: 8 }, () => {
  let gateway: Gateway;
  let origin: RecordingOrigin;

  before(async () => {
    origin = await corpusOrigin();
    const { cert, key } = authority!.issue('localhost');
    const tls = { enabled: true, cert: 'cert.pem', key: 'key.pem' };
    const files = { 'cert.pem': cert, 'key.pem': key };
    gateway = await startGateway({ ...corpusConfig(origin.address), tls }, { files });
  });

  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  for (const test of REQUESTS) {
    it(`${test.id}: ${test.title}`, async () => {
      checkCase(overTls(test), await runCase(gateway.tlsPort, origin, test, { tls: true }));
    });
  }

  it('cut in two records after the first, in the middle and before the last byte: same outcome', async () => {
    const failures = new Failures();
    const runs = REQUESTS.flatMap((test) => {
      const { length } = test.bytes;
      return [1, length >> 1, length - 1].map((delivery) => ({ test, delivery }));
    });
    await inParallel(runs, 50, ({ test, delivery }) =>
      failures.attempt(test.id, `split at ${delivery}`, async () => {
        checkCase(overTls(test), await runCase(gateway.tlsPort, origin, test, { tls: true, delivery }));
      }),
    );
    failures.check();
    assert.deepEqual(origin.violations, []);
  });
});

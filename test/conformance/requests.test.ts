import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { corpusConfig, corpusOrigin } from '../support/corpus-gateway.ts';
import { checkCase, inParallel, runCase } from '../support/corpus-runner.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { RecordingOrigin } from '../support/origin.ts';
import { REQUESTS } from './corpus/all.ts';

let gateway: Gateway;
let origin: RecordingOrigin;

before(async () => {
  origin = await corpusOrigin();
  gateway = await startGateway(corpusConfig(origin.address));
});

after(async () => {
  await gateway?.stop();
  await origin?.close();
});

describe('hostile and unusual requests, whole', { concurrency: 8 }, () => {
  for (const test of REQUESTS) {
    const advisories = test.advisories ? ` [${test.advisories.join(', ')}]` : '';
    it(`${test.id}: ${test.title}${advisories}`, async () => {
      checkCase(test, await runCase(gateway.port, origin, test));
    });
  }
});

describe('hostile and unusual requests, in pieces', () => {
  it('byte by byte: same outcome', async () => {
    const failures: string[] = [];
    await inParallel(REQUESTS, 100, async (test, index) => {
      await attempt(failures, `${test.id} byte by byte`, async () =>
        checkCase(
          test,
          await runCase(gateway.port, origin, test, { delivery: 'bytes', localAddress: address(index) }),
        ),
      );
    });
    report(failures);
  });

  it('split in two at every position: same outcome', async () => {
    const failures: string[] = [];
    const runs = REQUESTS.flatMap((test) =>
      Array.from({ length: test.bytes.length - 1 }, (_, index) => ({ test, at: index + 1 })),
    );
    await inParallel(runs, 160, async ({ test, at }, index) => {
      if (failures.length > 50) return;
      await attempt(failures, `${test.id} split at ${at}`, async () =>
        checkCase(
          test,
          await runCase(gateway.port, origin, test, { delivery: at, localAddress: address(index) }),
        ),
      );
    });
    report(failures);
  });
});

describe('what the origin got', () => {
  it('no byte of it was anything but a strict HTTP/1.1 request', () => {
    assert.deepEqual(origin.violations, []);
  });
});

describe('the corpus', () => {
  it('has one case per id', () => {
    assert.equal(new Set(REQUESTS.map(({ id }) => id)).size, REQUESTS.length);
  });
});

/** Thousands of connections from one address would use up its ports; all of 127/8 is loopback. */
function address(index: number): string {
  return `127.0.1.${1 + (index % 50)}`;
}

async function attempt(failures: string[], name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
  }
}

function report(failures: readonly string[]): void {
  assert.equal(failures.length, 0, `${failures.length} failed:\n${failures.slice(0, 25).join('\n')}`);
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { corpusConfig, corpusOrigin } from '../support/corpus-gateway.js';
import { checkCase, inParallel, positions, runCase } from '../support/corpus-runner.js';
import { Failures, loopbackAddress } from '../support/failures.js';
import { startGateway } from '../support/gateway.js';
import { REQUESTS } from './corpus/all.js';
let gateway;
let origin;
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
        const failures = new Failures();
        await inParallel(REQUESTS, 100, (test, index) => failures.attempt(test.id, 'byte by byte', async () => {
            const localAddress = loopbackAddress(index);
            checkCase(test, await runCase(gateway.port, origin, test, { delivery: 'bytes', localAddress }));
        }));
        failures.check();
    });
    it('split in two at every position: same outcome', async () => {
        const failures = new Failures();
        const runs = REQUESTS.flatMap((test) => positions(test.bytes).map((delivery) => ({ test, delivery })));
        await inParallel(runs, 100, async ({ test, delivery }, index) => {
            if (failures.count > 200)
                return;
            await failures.attempt(test.id, `split at ${delivery}`, async () => {
                const localAddress = loopbackAddress(index);
                checkCase(test, await runCase(gateway.port, origin, test, { delivery, localAddress }));
            });
        });
        failures.check();
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
//# sourceMappingURL=requests.test.js.map
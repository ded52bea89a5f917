import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { corpusConfig } from '../support/corpus-gateway.js';
import { inParallel, positions } from '../support/corpus-runner.js';
import { Failures, loopbackAddress } from '../support/failures.js';
import { startGateway } from '../support/gateway.js';
import { HostileOrigin, runResponseCase } from '../support/response-runner.js';
import { RESPONSES } from './corpus/all.js';
let gateway;
let origin;
before(async () => {
    origin = await new HostileOrigin(RESPONSES).listen();
    gateway = await startGateway(corpusConfig(origin.address));
});
after(async () => {
    await gateway?.stop();
    await origin?.close();
});
describe('hostile and unusual responses, whole', { concurrency: 8 }, () => {
    for (const [index, test] of RESPONSES.entries()) {
        it(`${test.id}: ${test.title}`, () => runResponseCase(gateway.port, test, index, 'whole'));
    }
});
describe('hostile and unusual responses, in pieces', () => {
    it('byte by byte: same outcome', async () => {
        const failures = new Failures();
        const cases = [...RESPONSES.entries()].filter(([, test]) => !test.wholeOnly);
        await inParallel(cases, 100, ([index, test]) => failures.attempt(test.id, 'byte by byte', () => runResponseCase(gateway.port, test, index, 'bytes', loopbackAddress(index))));
        failures.check();
    });
    it('split in two at every position: same outcome', async () => {
        const failures = new Failures();
        const runs = RESPONSES.flatMap((test, index) => (test.wholeOnly ? [] : positions(test.bytes)).map((delivery) => ({ test, index, delivery })));
        await inParallel(runs, 60, async ({ test, index, delivery }, run) => {
            if (failures.count > 200)
                return;
            await failures.attempt(test.id, `split at ${delivery}`, () => runResponseCase(gateway.port, test, index, delivery, loopbackAddress(run)));
        });
        failures.check();
    });
});
describe('what the origin got', () => {
    it('only strict requests, and none on a connection that was to be closed', () => {
        assert.deepEqual(origin.failures, []);
    });
});
describe('the corpus', () => {
    it('has one case per id', () => {
        assert.equal(new Set(RESPONSES.map(({ id }) => id)).size, RESPONSES.length);
    });
});
//# sourceMappingURL=responses.test.js.map
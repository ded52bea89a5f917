/** `observability.logging`. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startGateway } from '../support/gateway.js';
import { statusOf } from './support.js';
const REQUESTS = 40;
let gateway;
const config = (logging) => ({
    observability: { logging },
    routes: [
        { path: '/ok/*', respond: { body: 'ok' } },
        { path: '/bad/*', respond: { status: 500 } },
        { path: '/mark', respond: { status: 500 } },
    ],
});
before(async () => {
    gateway = await startGateway(config({}), { workers: 1 });
});
after(() => gateway?.stop());
/** Applies the settings, sends requests to `path`, and gives what was logged of them. */
async function logged(logging, path) {
    await gateway.reload(config(logging));
    const from = gateway.log.length;
    for (let index = 0; index < REQUESTS; index++)
        await statusOf(gateway.port, `${path}/${index}`);
    // Lines come in order: when that of the last worker request is there, so are all others. It is an error, hence
    // logged whatever the sample, and switched off last.
    const { access_log = {} } = logging;
    if (access_log['enabled'] === false)
        await gateway.reload(config({ ...logging, access_log: {} }));
    await statusOf(gateway.port, '/mark');
    for (let wait = 0; !gateway.log.slice(from).includes('/mark'); wait++) {
        assert.ok(wait < 500, gateway.log.slice(from));
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return gateway.log.slice(from);
}
/** Lines about requests to that path; the pattern of the route stands in them too. */
const count = (text, path) => text.match(new RegExp(`${path}/\\d`, 'g'))?.length ?? 0;
describe('observability.logging', () => {
    it('observability.logging.access_log.enabled', async () => {
        assert.equal(count(await logged({}, '/ok'), '/ok'), REQUESTS);
        assert.equal(count(await logged({ access_log: { enabled: false } }, '/ok'), '/ok'), 0);
        assert.equal(count(await logged({ access_log: { enabled: false } }, '/bad'), '/bad'), 0);
    });
    it('observability.logging.access_log.sample', async () => {
        assert.equal(count(await logged({ access_log: { sample: '0%' } }, '/ok'), '/ok'), 0);
        assert.equal(count(await logged({ access_log: { sample: '0%' } }, '/bad'), '/bad'), REQUESTS);
        const half = count(await logged({ access_log: { sample: '50%' } }, '/ok'), '/ok');
        assert.ok(half > 0 && half < REQUESTS, `${half} of ${REQUESTS}`);
    });
    it('observability.logging.format', async () => {
        const json = await logged({ format: 'json' }, '/ok');
        const line = json.split('\n').find((text) => text.includes('/ok/7'));
        assert.equal(JSON.parse(line).path, '/ok/7');
        const text = await logged({ format: 'text' }, '/ok');
        assert.equal(count(text, '/ok'), REQUESTS);
        assert.ok(text.split('\n').every((one) => !one.startsWith('{')));
    });
    it('observability.logging.level', async () => {
        const applied = /configuration applied/;
        const loud = await logged({ level: 'info' }, '/ok');
        await gateway.reload(config({ level: 'info', access_log: { sample: '99%' } }));
        await gateway.logLine((one) => applied.test(String(one['message'])), 'the reload');
        const quiet = await logged({ level: 'error' }, '/ok');
        assert.equal(count(loud, '/ok'), count(quiet, '/ok'), 'the access log has its own switch');
        const from = gateway.log.length;
        await gateway.reload(config({ level: 'error', access_log: { sample: '98%' } }));
        await statusOf(gateway.port, '/mark');
        for (let wait = 0; !gateway.log.slice(from).includes('/mark') && wait < 500; wait++)
            await new Promise((resolve) => setTimeout(resolve, 20));
        assert.doesNotMatch(gateway.log.slice(from), applied);
    });
});
//# sourceMappingURL=logging.test.js.map
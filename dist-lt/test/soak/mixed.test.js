/**
 * Everything at once for minutes: good and hostile clients, aborts, reloads, endpoints that die. Nothing may fail that
 * should not, and neither memory nor descriptors may grow. Only with OCTOPUS_SOAK=1 (minutes: OCTOPUS_SOAK_MINUTES).
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { REQUESTS } from '../conformance/corpus/all.js';
import { Endpoint } from '../support/endpoint.js';
import { eventually, startGateway } from '../support/gateway.js';
import { underLoad } from '../support/load.js';
import { RawClient } from '../support/raw-client.js';
import { message } from '../support/wire.js';
const MINUTES = Number(process.env['OCTOPUS_SOAK_MINUTES'] ?? 5);
const MB = 1024 * 1024;
let gateway;
let endpoints;
function config(generation) {
    return {
        observability: { logging: { access_log: { enabled: false } } },
        routing: { retries: { attempts: 3, budget: '100%' } },
        upstreams: [
            {
                name: 'service',
                endpoints: endpoints.map(({ address }) => address),
                outlier: { consecutive_failures: 3, eject_for: '300ms' },
            },
        ],
        routes: [
            { path: '/*', upstream: 'service' },
            ...Array.from({ length: generation % 10 }, (_, index) => ({
                path: `/generation/${generation}/${index}`,
                upstream: 'service',
            })),
        ],
    };
}
before(async () => {
    endpoints = await Promise.all(['one', 'two', 'three'].map((name) => new Endpoint(name).start()));
});
after(async () => {
    await gateway?.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
});
describe('soak', { skip: process.env['OCTOPUS_SOAK'] ? false : 'only with OCTOPUS_SOAK=1' }, () => {
    it(`${MINUTES} minutes of everything`, async () => {
        gateway = await startGateway(config(0));
        const end = performance.now() + MINUTES * 60_000;
        const running = () => performance.now() < end;
        const settled = [];
        const load = {
            port: gateway.port,
            connections: 12,
            request: (sequence) => sequence % 5 === 0
                ? `${message('PUT /upload HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`
                : message(`GET /path/${sequence % 1_000} HTTP/1.1`, 'Host: a'),
        };
        const { failures, answered } = await underLoad(load, async () => {
            await Promise.all([
                hostile(running),
                aborting(running),
                reloading(running),
                dying(running),
                sampling(running, settled),
            ]);
        });
        assert.deepEqual(failures, []);
        assert.ok(answered > MINUTES * 10_000, `${answered} answered`);
        await eventually(async () => (await gateway.metrics()).sum('octopus_active_connections') === 0, 'all connections to be closed');
        // The heaps of the workers take half a minute to reach their size.
        const middle = settled[Math.floor(settled.length / 2)];
        const last = settled.at(-1);
        assert.ok(last.rss - middle.rss < 30 * MB, `resident memory ${middle.rss / MB} -> ${last.rss / MB} MB`);
        assert.ok(last.files - middle.files < 100, `open files ${middle.files} -> ${last.files}`);
    });
});
/** The whole corpus again and again; what comes back does not matter here. */
async function hostile(running) {
    for (let index = 0; running(); index++) {
        const client = await RawClient.connect(gateway.port);
        client.write(REQUESTS[index % REQUESTS.length].bytes);
        await pause(5);
        client.reset();
    }
}
async function aborting(running) {
    const whole = `${message('POST / HTTP/1.1', 'Host: a', 'Content-Length: 1000')}${'x'.repeat(1_000)}`;
    for (let index = 0; running(); index++) {
        const client = await RawClient.connect(gateway.port);
        client.write(whole.slice(0, (index * 37) % whole.length));
        await pause(index % 10);
        if (index % 2 === 0)
            client.reset();
        else
            client.destroy();
    }
}
async function reloading(running) {
    for (let generation = 1; running(); generation++) {
        await gateway.reload(config(generation));
        await pause(1_000);
    }
}
async function dying(running) {
    for (let index = 0; running(); index++) {
        const victim = endpoints[index % endpoints.length];
        await pause(2_000);
        await victim.kill();
        await pause(500);
        await victim.start();
    }
}
async function sampling(running, samples) {
    while (running()) {
        await pause(2_000);
        samples.push({ rss: gateway.rss(), files: readdirSync(`/proc/${gateway.pid}/fd`).length });
    }
}
//# sourceMappingURL=mixed.test.js.map
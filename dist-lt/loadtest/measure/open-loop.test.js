import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { allowedCores, layOut } from '../system/cores.js';
import { find } from '../system/tools.js';
import { requestHead, runOpenLoop } from './open-loop.js';
const skip = process.platform !== 'linux' || !find('taskset') ? 'needs Linux and taskset' : false;
const RATE = 100;
const MEASURE_MS = 1_000;
async function loadOn(listener) {
    const server = http.createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    try {
        const job = {
            port,
            request: requestHead(port, '/'),
            ratePerSecond: RATE,
            connections: 4,
            warmUpMs: 100,
            measureMs: MEASURE_MS,
        };
        return await runOpenLoop(job, layOut(allowedCores(), 1));
    }
    finally {
        server.closeAllConnections();
        server.close();
    }
}
function answer(response) {
    response.writeHead(200, { 'content-length': 2 }).end('ok');
}
test('a server that stops for a while shows in every request that was due meanwhile', { skip }, async () => {
    const stallMs = 400;
    let stalledUntil = 0;
    let served = 0;
    const report = await loadOn((_, response) => {
        // In the middle of the measurement the server does nothing for a while.
        if (++served === 50)
            stalledUntil = Date.now() + stallMs;
        setTimeout(() => answer(response), Math.max(0, stalledUntil - Date.now()));
    });
    assert.equal(report.errors, 0);
    assert.ok(Math.abs(report.achievedRate - RATE) <= 5, `${report.achievedRate} per second`);
    // 40 of 100 requests were due in the pause, evenly. A closed loop of 4 connections would have been late with 4 of them.
    assert.ok(report.p99 > stallMs * 0.8, `p99 ${report.p99} ms`);
    assert.ok(report.p80 > stallMs * 0.3, `p80 ${report.p80} ms`);
});
test('a server that closes its connections is connected to again', {
    skip,
}, async () => {
    const report = await loadOn((_, response) => {
        response.setHeader('connection', 'close');
        answer(response);
    });
    // A close that crosses the next request costs that request. Without new connections only four would be answered.
    assert.ok(report.achievedRate > RATE / 2, `${report.achievedRate} per second`);
    assert.ok(report.achievedRate + report.errors >= RATE - 5, `${report.errors} errors`);
});
test('answers that are not 200 are errors', { skip }, async () => {
    const report = await loadOn((_, response) => response.writeHead(503, { 'content-length': 0 }).end());
    assert.ok(report.errors >= RATE * 0.9, `${report.errors} errors`);
});
//# sourceMappingURL=open-loop.test.js.map
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { checkFields, SEGMENT_GAP } from './corpus-runner.js';
import { okResponse, ScriptedOrigin } from './origin.js';
import { RawClient } from './raw-client.js';
import { message, valuesOf } from './wire.js';
/** Clients of the runs under way, by run. */
const clients = new Map();
let runs = 0;
/** An origin that answers `/r/INDEX/DELIVERY/RUN` with the bytes of that case, anything else with a plain 200. */
export class HostileOrigin extends ScriptedOrigin {
    #cases;
    constructor(cases) {
        super((connection) => this.#answerAll(connection));
        this.#cases = cases;
    }
    async #answerAll(connection) {
        for (;;) {
            const request = await connection.request(24 * 3_600_000);
            if (!request)
                return connection.end();
            const [, index, delivery, run = ''] = /^\/r\/(\d+)\/(\w+)\/(\d+)$/.exec(request.target) ?? [];
            if (index === undefined) {
                connection.write(okResponse('fine'));
                continue;
            }
            const test = this.#cases[Number(index)];
            await send(connection, test, /^\d+$/.test(delivery) ? Number(delivery) : delivery);
            await finish(connection, test, clients.get(run));
            if (!test.expect.reusable)
                return this.#mustClose(connection, test);
        }
    }
    /** A connection whose state is unknown must be closed by the gateway and carry nothing more. */
    async #mustClose(connection, test) {
        await connection.until(() => (connection.closedHow !== null || connection.received !== '' ? true : null), `the gateway to close after ${test.id}`);
        const again = connection.received;
        connection.destroy();
        if (again !== '')
            throw new Error(`${test.id}: the connection was used again: ${again}`);
    }
}
async function send(connection, test, delivery) {
    const cuts = delivery === 'whole'
        ? []
        : delivery === 'bytes'
            ? [...test.bytes.slice(1)].map((_, at) => at + 1)
            : [delivery];
    let from = 0;
    for (const cut of [...cuts, test.bytes.length]) {
        connection.write(test.bytes.slice(from, cut));
        from = cut;
        if (cut < test.bytes.length)
            await pause(delivery === 'bytes' ? 1 : SEGMENT_GAP);
    }
}
async function finish(connection, test, client) {
    if (test.afterClientHas) {
        // All these bodies end with an o.
        await client?.until(() => (/\r\n\r\n[\s\S]*o/.test(client.received) ? true : null), 'the body so far');
    }
    if (test.after === 'close')
        connection.end();
    if (test.after === 'reset') {
        // A reset overtakes bytes that were not read yet.
        await pause(SEGMENT_GAP);
        connection.reset();
    }
}
/** Asks the gateway for the case and checks what comes back. */
export async function runResponseCase(port, test, index, delivery, localAddress = '127.0.0.1') {
    const { method = 'GET', version = '1.1' } = test;
    const client = await RawClient.connect(port, { localAddress });
    const run = String(runs++);
    clients.set(run, client);
    try {
        const fields = (test.request ?? []).map(([name, value]) => `${name}: ${value}`);
        client.write(message(`${method} /r/${index}/${delivery}/${run} HTTP/${version}`, 'Host: a', ...fields));
        const answer = await answerOf(client, method);
        check(test, answer, client);
        if (answer.response?.complete && version === '1.1')
            await checkInStep(client, answer.response);
    }
    finally {
        clients.delete(run);
        client.reset();
    }
}
async function answerOf(client, method) {
    const interim = [];
    for (;;) {
        await client.until(() => (client.closedHow !== null || client.received !== '' ? true : null), 'an answer');
        if (client.received === '')
            return { interim, response: null };
        const response = await client.response(method);
        if (response.status === 101 || response.status >= 200)
            return { interim, response };
        interim.push(response.status);
    }
}
function check(test, { interim, response }, client) {
    const { expect } = test;
    const context = JSON.stringify({ closed: client.closedHow, interim, response });
    if (expect.truncated) {
        if (!response || response.status === 502)
            return;
        assert.ok([expect.status].flat().includes(response.status), context);
        assert.equal(response.complete, false, `a cut body must not look complete: ${context}`);
        return;
    }
    assert.ok(response, `closed without a response: ${context}`);
    assert.ok([expect.status].flat().includes(response.status), context);
    assert.equal(response.complete, true, `complete: ${context}`);
    if (expect.code !== undefined) {
        const problem = JSON.parse(response.body);
        assert.equal(problem.code, expect.code, context);
    }
    if (expect.body !== undefined && response.status !== 502)
        assert.equal(response.body, expect.body, context);
    if (expect.interim !== undefined)
        assert.deepEqual(interim, expect.interim, context);
    if (expect.trailers !== undefined) {
        const lower = response.trailers.map(([name, value]) => [name.toLowerCase(), value]);
        assert.deepEqual(lower, expect.trailers.map(([name, value]) => [name.toLowerCase(), value]), context);
    }
    checkFields(response.fields, expect);
    // B12: the gateway adds what the upstream left out.
    assert.equal(valuesOf(response.fields, 'date').length, 1, `Date once: ${context}`);
}
/** The same connection must serve the next request, unless the response announced its end. */
async function checkInStep(client, response) {
    if (valuesOf(response.fields, 'connection').some((value) => /\bclose\b/i.test(value))) {
        await client.closed();
        assert.equal(client.received, '', 'bytes after the last response');
        return;
    }
    const next = await client.request(message('GET /fine HTTP/1.1', 'Host: a'));
    assert.equal(next.status, 200);
    assert.equal(next.body, 'fine');
}
//# sourceMappingURL=response-runner.js.map
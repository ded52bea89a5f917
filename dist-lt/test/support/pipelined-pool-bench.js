/** A pool that pipelines, an origin that answers as told, and what came of it. */
import assert from 'node:assert/strict';
import { PipelinedPool } from '../../src/upstream/transports/h1/pipelined-pool.js';
import { eventually } from './gateway.js';
import { okResponse, ScriptedOrigin } from './origin.js';
import { callOn } from './upstream-calls.js';
export class PipelinedPoolBench {
    /** What the pool under test has reported. */
    counts = { open: 0, opened: 0, fallbacks: 0 };
    /** Requests as they arrived: connection and target. */
    seen = [];
    /** What the origin does when that many requests have come on a connection; nothing by default. */
    answers = {};
    origin;
    pool;
    constructor() {
        this.origin = new ScriptedOrigin(async (connection) => {
            for (let count = 1;; count++) {
                const request = await connection.request(24 * 3_600_000);
                if (request === null)
                    return connection.end();
                this.seen.push(`${connection.index} ${request.target}`);
                this.answers[count]?.(connection);
            }
        });
    }
    async start() {
        await this.origin.listen();
        this.makePool();
        return this;
    }
    async stop() {
        this.pool.close();
        await this.origin.close();
        assert.deepEqual(this.origin.failures, []);
    }
    /** @param mostWait endless by default, so that a busy machine changes nothing */
    makePool(max = 16, pipelining = 8, mostWait = 3_600_000) {
        const counts = { open: 0, opened: 0, fallbacks: 0 };
        this.counts = counts;
        const observer = {
            connectionOpened: () => {
                counts.open++;
                counts.opened++;
            },
            connectionClosed: () => {
                counts.open--;
            },
            pipeliningFellBack: () => {
                counts.fallbacks++;
            },
        };
        const dialer = { address: (host) => host, isCurrent: () => true };
        const options = { max, idleTimeout: 60_000, pipelining };
        this.pool = new PipelinedPool('127.0.0.1', this.origin.port, dialer, options, observer, mostWait);
    }
    /** Calls for `/1`, `/2`, … */
    calls(count, options = {}) {
        return Array.from({ length: count }, (_, i) => callOn(this.pool, { target: `/${i + 1}`, ...options }));
    }
    received(count) {
        return eventually(async () => this.seen.length >= count, `${count} requests`);
    }
    /** A call alone, so that the connection is there and has served. */
    async warmUp() {
        this.answers = { 1: (connection) => connection.write(okResponse('warm')) };
        await callOn(this.pool, { target: '/warm' }).over();
        this.answers = {};
        this.seen = [];
    }
}
export function allOver(calls) {
    return Promise.all(calls.map((call) => call.over()));
}
export function outcomes(calls) {
    return calls.map(({ outcome }) => outcome);
}
export function bodies(calls) {
    return calls.map(({ body }) => body);
}
/** Responses whose bodies are the numbers. */
export function numbered(from, to) {
    return Array.from({ length: to - from + 1 }, (_, i) => okResponse(String(from + i))).join('');
}
//# sourceMappingURL=pipelined-pool-bench.js.map
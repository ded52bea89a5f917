/** Backpressure end to end (rule C17): a slow peer costs no memory. 1 GB with OCTOPUS_SOAK=1, 200 MB otherwise. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startGateway } from '../support/gateway.js';
import { message } from '../support/wire.js';
const MB = 1024 * 1024;
const TOTAL = (process.env['OCTOPUS_SOAK'] ? 1024 : 200) * MB;
const ALLOWED = 50 * MB;
const PIECE = Buffer.alloc(64 * 1024, 'x');
let gateway;
let origin;
/** The connection that the gateway opened for the request under test. */
let upstream;
before(async () => {
    origin = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
        upstream = socket;
        socket.on('error', () => undefined);
    });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const { port } = origin.address();
    gateway = await startGateway({
        server: { limits: { body: 0 } },
        upstreams: [{ name: 'origin', endpoints: [`127.0.0.1:${port}`] }],
        routes: [
            { path: '/large', respond: { status: 200, body: 'x'.repeat(10_000) } },
            { path: '/*', upstream: 'origin' },
        ],
    });
});
after(async () => {
    await gateway?.stop();
    upstream?.destroy();
    origin?.close();
});
/** Writes as fast as the socket takes it. `sent` grows meanwhile. */
class Sender {
    sent = 0;
    done;
    constructor(socket, total) {
        this.done = (async () => {
            while (this.sent < total) {
                this.sent += PIECE.length;
                if (!socket.write(PIECE))
                    await once(socket, 'drain');
            }
        })();
        this.done.catch(() => undefined);
    }
    /** Waits until nothing more is taken, and gives how much was. */
    async stalled() {
        for (;;) {
            const before = this.sent;
            await pause(700);
            if (this.sent === before)
                return before;
        }
    }
}
/** Highest resident memory while `work` runs. */
async function peakDuring(work) {
    let peak = gateway.rss();
    const timer = setInterval(() => {
        peak = Math.max(peak, gateway.rss());
    }, 20);
    try {
        await work;
    }
    finally {
        clearInterval(timer);
    }
    return Math.max(peak, gateway.rss());
}
/** Reads until that many bytes came. */
function take(socket, total) {
    return new Promise((resolve, reject) => {
        let got = 0;
        socket.on('data', (chunk) => {
            got += chunk.length;
            if (got >= total)
                resolve();
        });
        socket.on('close', () => reject(new Error(`closed after ${got} of ${total} bytes`)));
        socket.resume();
    });
}
async function connected() {
    const socket = net.connect(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.pause();
    return socket;
}
/** Until the gateway has connected to the origin and the head arrived. */
async function upstreamHead(work) {
    const connection = once(origin, 'connection');
    work();
    await connection;
    upstream.resume();
    let head = '';
    while (!head.includes('\r\n\r\n'))
        head += String((await once(upstream, 'data'))[0]);
    upstream.pause();
    upstream.removeAllListeners('data');
}
describe('C17 slow peers', () => {
    for (const framing of ['Content-Length', 'chunked']) {
        it(`C17 ${TOTAL / MB} MB to a client that does not read, then reads (${framing})`, async () => {
            const idle = gateway.rss();
            const client = await connected();
            await upstreamHead(() => client.write(message(`GET /down-${framing} HTTP/1.1`, 'Host: a', 'Connection: close')));
            const lengths = framing === 'chunked' ? ['Transfer-Encoding: chunked'] : [`Content-Length: ${TOTAL}`];
            upstream.write(message('HTTP/1.1 200 OK', 'Connection: close', ...lengths));
            // One chunk whose size is the whole body: a gateway must not wait for its end.
            if (framing === 'chunked')
                upstream.write(`${TOTAL.toString(16)}\r\n`);
            const sender = new Sender(upstream, TOTAL);
            const peak = await peakDuring((async () => {
                const taken = await sender.stalled();
                assert.ok(taken < TOTAL / 2, `the origin was not held back: ${taken / MB} MB taken`);
                await Promise.all([sender.done, take(client, TOTAL)]);
            })());
            client.destroy();
            upstream.destroy();
            assert.ok(peak - idle < ALLOWED, `${((peak - idle) / MB).toFixed(1)} MB over idle`);
        });
        it(`C17 ${TOTAL / MB} MB to an origin that does not read, then reads (${framing})`, async () => {
            const idle = gateway.rss();
            const client = await connected();
            const lengths = framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${TOTAL}`;
            await upstreamHead(() => client.write(message(`POST /up-${framing} HTTP/1.1`, 'Host: a', lengths)));
            if (framing === 'chunked')
                client.write(`${TOTAL.toString(16)}\r\n`);
            const sender = new Sender(client, TOTAL);
            const peak = await peakDuring((async () => {
                const taken = await sender.stalled();
                assert.ok(taken < TOTAL / 2, `the client was not held back: ${taken / MB} MB taken`);
                await Promise.all([sender.done, take(upstream, TOTAL)]);
            })());
            client.destroy();
            upstream.destroy();
            assert.ok(peak - idle < ALLOWED, `${((peak - idle) / MB).toFixed(1)} MB over idle`);
        });
    }
    it('C17 a client that pipelines requests and reads no response is held back', async () => {
        const idle = gateway.rss();
        const client = await connected();
        const requests = Buffer.from(message('GET /large HTTP/1.1', 'Host: a').repeat(1_000));
        let sent = 0;
        const peak = await peakDuring((async () => {
            for (;;) {
                if (client.write(requests))
                    sent++;
                else if (!(await Promise.race([once(client, 'drain').then(() => true), pause(1_500).then(() => false)])))
                    return;
                if (sent > 2_000)
                    return;
            }
        })());
        client.destroy();
        assert.ok(sent < 2_000, 'the client was not held back');
        assert.ok(peak - idle < ALLOWED, `${((peak - idle) / MB).toFixed(1)} MB over idle`);
    });
});
//# sourceMappingURL=data-plane-memory.test.js.map
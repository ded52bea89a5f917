/** Octopus between programs that others wrote: nginx as an endpoint, curl, wrk, node and undici as clients, HAProxy in front. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { startGateway } from '../support/gateway.js';
import { startHttpOrigin } from '../support/origin.js';
import { findProgram } from '../support/programs.js';
import { startFileServer, startHaproxy } from './proxies.js';
const run = promisify(execFile);
const LARGE = randomBytes(3_000_000);
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
let folder;
let service;
let nginx;
let gateway;
before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-files-'));
    writeFileSync(path.join(folder, 'large.bin'), LARGE);
    writeFileSync(path.join(folder, 'hello.txt'), 'hello world\n');
    service = await startHttpOrigin(async (incoming, response) => {
        const pieces = [];
        for await (const piece of incoming)
            pieces.push(piece);
        const body = Buffer.concat(pieces);
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({
            method: incoming.method,
            headers: incoming.headers,
            sha256: digest(body),
            length: body.length,
        }));
    });
    nginx = await startFileServer(folder);
    gateway = await startGateway({
        server: { trusted_proxies: ['127.0.0.1/32'] },
        upstreams: [
            { name: 'service', endpoints: [service.address] },
            ...('missing' in nginx ? [] : [{ name: 'nginx', endpoints: [`127.0.0.1:${nginx.port}`] }]),
        ],
        routes: [
            { path: '/service', upstream: 'service' },
            ...('missing' in nginx ? [] : [{ path: '/files/*', upstream: 'nginx', strip_prefix: '/files' }]),
        ],
    });
});
after(async () => {
    await gateway?.stop();
    if (nginx && 'stop' in nginx)
        await nginx.stop();
    await service?.close();
    rmSync(folder, { recursive: true, force: true });
});
const url = (target) => `http://127.0.0.1:${gateway.port}${target}`;
const withoutNginx = () => (nginx && 'missing' in nginx ? nginx.missing : false);
describe('nginx as an endpoint', () => {
    it('a large file arrives whole, ranges and conditions work', async (context) => {
        if (withoutNginx())
            return context.skip(String(withoutNginx()));
        const whole = await fetch(url('/files/large.bin'));
        assert.equal(digest(Buffer.from(await whole.arrayBuffer())), digest(LARGE));
        const part = await fetch(url('/files/large.bin'), { headers: { range: 'bytes=1000000-1000099' } });
        assert.equal(part.status, 206);
        assert.deepEqual(Buffer.from(await part.arrayBuffer()), LARGE.subarray(1_000_000, 1_000_100));
        const etag = whole.headers.get('etag');
        const same = await fetch(url('/files/large.bin'), { headers: { 'if-none-match': etag } });
        assert.equal(same.status, 304);
        assert.equal(same.headers.get('etag'), etag);
        const head = await fetch(url('/files/large.bin'), { method: 'HEAD' });
        assert.equal(head.headers.get('content-length'), String(LARGE.length));
        assert.equal((await fetch(url('/files/none'))).status, 404);
    });
    it('nginx ends its connections every 50 requests: no request fails', async (context) => {
        if (withoutNginx())
            return context.skip(String(withoutNginx()));
        for (let index = 0; index < 400; index++) {
            const response = await fetch(url('/files/hello.txt'));
            assert.equal(await response.text(), 'hello world\n');
        }
    });
});
describe('clients', () => {
    const upload = LARGE.subarray(0, 2_000_000);
    it('curl: HTTP/1.1, HTTP/1.0, uploads with and without length, HEAD', async (context) => {
        const file = path.join(folder, 'upload.bin');
        writeFileSync(file, upload);
        const curl = async (...args) => (await run('curl', ['-sS', '--max-time', '20', ...args])).stdout;
        try {
            await curl('--version');
        }
        catch {
            return context.skip('curl is not installed');
        }
        const variants = [
            ['-T', file],
            ['-T', file, '-H', 'Transfer-Encoding: chunked'],
            ['-X', 'POST', '--data-binary', `@${file}`],
            ['-X', 'POST', '--data-binary', `@${file}`, '--http1.0'],
        ];
        for (const variant of variants) {
            const seen = JSON.parse(await curl(...variant, url('/service')));
            assert.equal(seen.sha256, digest(upload), variant.join(' '));
        }
        assert.match(await curl('-I', url('/service')), /^HTTP\/1\.1 200 OK\r\n/);
        assert.match(await curl('--http1.0', '-i', url('/service')), /^HTTP\/1\.1 200 OK\r\n/);
    });
    it('node:http: keep-alive, streamed upload and download', async () => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
        const send = () => new Promise((resolve, reject) => {
            const outgoing = http.request(url('/service'), { method: 'PUT', agent }, (incoming) => {
                let text = '';
                incoming.setEncoding('utf8').on('data', (piece) => {
                    text += piece;
                });
                incoming.on('end', () => resolve(JSON.parse(text)));
            });
            outgoing.on('error', reject);
            for (let at = 0; at < upload.length; at += 100_000)
                outgoing.write(upload.subarray(at, at + 100_000));
            outgoing.end();
        });
        const answers = await Promise.all(Array.from({ length: 10 }, send));
        for (const { sha256 } of answers)
            assert.equal(sha256, digest(upload));
        agent.destroy();
    });
    it('undici: pipelined requests', async () => {
        const dispatcher = new Agent({ connections: 2, pipelining: 10 });
        const bodies = await Promise.all(Array.from({ length: 100 }, async () => (await request(url('/service'), { dispatcher })).body.json()));
        for (const body of bodies)
            assert.equal(body.method, 'GET');
        await dispatcher.close();
    });
    it('wrk: a second without an error', async (context) => {
        const wrk = await findProgram('wrk');
        if ('missing' in wrk)
            return context.skip(wrk.missing);
        const { stdout } = await run(wrk.path, ['-t1', '-c16', '-d1', url('/service')]);
        assert.match(stdout, /\d+ requests in/);
        assert.doesNotMatch(stdout, /Socket errors|Non-2xx/);
    });
});
describe('HAProxy in front, as a trusted proxy', () => {
    it('what it says about the client reaches the service', async (context) => {
        const haproxy = await startHaproxy(gateway.port, 'option forwardfor');
        if ('missing' in haproxy)
            return context.skip(haproxy.missing);
        try {
            const response = await fetch(`http://127.0.0.1:${haproxy.port}/service`, {
                method: 'POST',
                body: 'hello',
            });
            const { headers, length } = (await response.json());
            assert.equal(length, 5);
            assert.equal(headers['x-forwarded-for'], '127.0.0.1, 127.0.0.1');
            assert.equal(headers['x-forwarded-host'], `127.0.0.1:${haproxy.port}`);
        }
        finally {
            await haproxy.stop();
        }
    });
});
//# sourceMappingURL=real-servers.test.js.map
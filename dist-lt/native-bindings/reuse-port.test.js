import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { parseAddress } from './address.js';
import { ListenError, listenError } from './listen-error.js';
import { canShareListener, listenDescriptor, listenOptions } from './reuse-port.js';
const skip = process.platform === 'linux' ? false : 'SO_REUSEPORT through libc is for Linux';
async function listen(options) {
    const server = createServer((socket) => socket.end('x'));
    server.listen(options);
    await once(server, 'listening');
    return server;
}
async function connectTo(host, port) {
    const socket = connect(port, host);
    let text = '';
    for await (const chunk of socket)
        text += chunk;
    return text;
}
test('two servers share one port', { skip }, async (t) => {
    assert.equal(canShareListener(), true);
    const first = await listen({ fd: listenDescriptor('127.0.0.1', 0) });
    const { port } = first.address();
    const second = await listen({ fd: listenDescriptor('127.0.0.1', port) });
    const third = await listen(listenOptions('127.0.0.1', port));
    t.after(() => [first, second, third].map((server) => server.close()));
    const hits = new Map();
    for (const server of [first, second, third]) {
        server.on('connection', () => hits.set(server, (hits.get(server) ?? 0) + 1));
    }
    for (let i = 0; i < 100; i++)
        assert.equal(await connectTo('127.0.0.1', port), 'x');
    assert.equal(hits.size, 3, 'the kernel spreads 100 connections over all three');
});
test('an IPv6 wildcard takes IPv4 connections too', { skip }, async (t) => {
    let fd;
    try {
        fd = listenDescriptor('::', 0);
    }
    catch (error) {
        if (error instanceof ListenError && error.code === 'EAFNOSUPPORT')
            return t.skip('no IPv6 here');
        throw error;
    }
    const server = await listen({ fd });
    t.after(() => server.close());
    const { port } = server.address();
    assert.equal(await connectTo('127.0.0.1', port), 'x');
    assert.equal(await connectTo('::1', port), 'x');
});
test('a port held by another program is an error that says so', { skip }, async (t) => {
    const holder = await listen({ host: '127.0.0.1', port: 0 });
    t.after(() => holder.close());
    const { port } = holder.address();
    assert.throws(() => listenDescriptor('127.0.0.1', port), {
        name: 'ListenError',
        code: 'EADDRINUSE',
        message: new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another process uses port ${port}`),
    });
});
test('an address of another machine and a name are refused', { skip }, () => {
    assert.throws(() => listenDescriptor('192.0.2.1', 0), { code: 'EADDRNOTAVAIL' });
    assert.throws(() => listenDescriptor('localhost', 0), { code: 'EINVAL' });
});
test('advice for privileged ports names the capability', () => {
    assert.match(listenError('EACCES', '0.0.0.0', 80).message, /CAP_NET_BIND_SERVICE/);
    assert.doesNotMatch(listenError('EACCES', '0.0.0.0', 8080).message, /CAP_NET_BIND_SERVICE/);
    assert.match(listenError('EADDRINUSE', '::', 80).message, /^cannot listen on \[::\]:80: /);
});
test('an unshared listener keeps others out', async (t) => {
    const server = await listen(listenOptions('127.0.0.1', 0, false));
    t.after(() => server.close());
    const { port } = server.address();
    if (skip === false)
        assert.throws(() => listenDescriptor('127.0.0.1', port), { code: 'EADDRINUSE' });
});
test('IP literals become bytes', () => {
    const cases = [
        ['127.0.0.1', [127, 0, 0, 1]],
        ['::', new Array(16).fill(0)],
        ['::1', [...new Array(15).fill(0), 1]],
        ['2001:db8::ff00:42', [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x42]],
        ['::ffff:1.2.3.4', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4]],
        ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ];
    for (const [text, bytes] of cases)
        assert.deepEqual([...parseAddress(text)], bytes, text);
});
//# sourceMappingURL=reuse-port.test.js.map
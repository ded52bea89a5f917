import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listenDescriptor } from '../../native-bindings/reuse-port.js';
import { probeListenAddress } from './listen-address.js';
test('names a free port when asked for 0, and leaves it free', async () => {
    const { host, port } = await probeListenAddress('127.0.0.1', 0);
    assert.equal(host, '127.0.0.1');
    assert.notEqual(port, 0);
    assert.deepEqual(await probeListenAddress('localhost', port).then((address) => address.port), port);
});
test('a port in use is reported, also when its owner shares it', async (t) => {
    const plain = createServer().listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const servers = [plain];
    t.after(() => servers.map((server) => server.close()));
    if (process.platform === 'linux') {
        const sharing = createServer().listen({ fd: listenDescriptor('127.0.0.1', 0) });
        await once(sharing, 'listening');
        servers.push(sharing);
    }
    for (const server of servers) {
        const { port } = server.address();
        await assert.rejects(probeListenAddress('127.0.0.1', port), {
            code: 'EADDRINUSE',
            message: new RegExp(`another process uses port ${port}`),
        });
    }
});
test('an address of another machine and an unknown name are reported', async () => {
    await assert.rejects(probeListenAddress('192.0.2.1', 0), { code: 'EADDRNOTAVAIL' });
    await assert.rejects(probeListenAddress('no-such-host.invalid', 80), { code: 'ENOTFOUND' });
});
//# sourceMappingURL=listen-address.test.js.map
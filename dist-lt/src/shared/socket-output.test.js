import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { SocketOutput } from './socket-output.js';
/** A connected pair on loopback. */
async function pair() {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const accepted = once(server, 'connection');
    const near = connect(address.port, '127.0.0.1');
    const [far] = (await accepted);
    await once(near, 'connect');
    near.on('error', () => { });
    far.on('error', () => { });
    return {
        near,
        far,
        close() {
            near.destroy();
            far.destroy();
            server.close();
        },
    };
}
test('text arrives in order, whether written directly or through the stream', async () => {
    const { near, far, close } = await pair();
    const output = new SocketOutput(near, () => { });
    let expected = '';
    for (let i = 0; i < 200; i++) {
        const text = `${i}:${'é'.repeat(i)};`;
        expected += text;
        if (i % 7 === 0)
            near.write(text, 'latin1');
        else
            output.writeText(text);
    }
    near.end();
    let received = '';
    for await (const chunk of far)
        received += chunk.toString('latin1');
    assert.equal(received, expected);
    close();
});
test('a peer that does not read blocks the output, and one that reads again drains it', async () => {
    const { near, far, close } = await pair();
    far.pause();
    let drained = 0;
    const output = new SocketOutput(near, () => drained++);
    const text = 'x'.repeat(256 * 1024);
    let written = 0;
    while (output.writeText(text))
        written += text.length;
    written += text.length;
    assert.equal(output.blocked, true);
    assert.ok(output.queued > 0);
    // What is written meanwhile is not lost and does not overtake.
    assert.equal(output.writeText('end'), false);
    let received = 0;
    let tail = '';
    far.on('data', (chunk) => {
        received += chunk.length;
        tail = (tail + chunk.toString('latin1')).slice(-3);
    });
    far.resume();
    while (received < written + 3)
        await once(far, 'data');
    assert.equal(tail, 'end');
    while (output.blocked)
        await new Promise((resolve) => setImmediate(resolve));
    assert.ok(drained >= 1);
    assert.equal(output.queued, 0);
    close();
});
test('a connection that is reset closes the socket and nothing throws', async () => {
    const { near, far, close } = await pair();
    const output = new SocketOutput(near, () => assert.fail('no drain after the end'));
    far.destroy();
    const closed = new Promise((resolve) => near.on('close', resolve));
    near.resume();
    for (let i = 0; i < 1000 && !near.destroyed; i++) {
        output.writeText('x'.repeat(1024));
        await new Promise((resolve) => setImmediate(resolve));
    }
    near.destroy();
    await closed;
    close();
});
test('before the connection is there writes wait for it', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const near = connect(server.address().port, '127.0.0.1');
    const output = new SocketOutput(near, () => { });
    output.writeText('early ');
    output.writeText('bird');
    const [far] = (await once(server, 'connection'));
    near.end();
    let received = '';
    for await (const chunk of far)
        received += String(chunk);
    assert.equal(received, 'early bird');
    near.destroy();
    server.close();
});
//# sourceMappingURL=socket-output.test.js.map
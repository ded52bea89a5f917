import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { DirectSockets } from '../../native-bindings/direct-sockets.ts';
import { readReady, useDirectSockets } from './direct-sockets.ts';
import { SocketOutput } from './socket-output.ts';
import { turnLoad, weighTurns } from './write-batch.ts';

/** A connected pair on loopback. */
async function pair(): Promise<{ near: Socket; far: Socket; close: () => void }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const accepted = once(server, 'connection');
  const near = connect((address as { port: number }).port, '127.0.0.1');
  const [far] = (await accepted) as [Socket];
  await once(near, 'connect');
  near.on('error', () => {});
  far.on('error', () => {});
  return {
    near,
    far,
    close(): void {
      near.destroy();
      far.destroy();
      server.close();
    },
  };
}

const sockets = DirectSockets.open(readReady);

afterEach(() => {
  turnLoad.crowded = false;
});

for (const [way, own, skip] of [
  ['through Node', null, false],
  ['directly', sockets, sockets === null && 'only on Linux, with koffi'],
] as const)
  describe(`written ${way}`, { skip }, () => {
    before(() => useDirectSockets(own));
    after(() => useDirectSockets(null));

    for (const crowded of [false, true])
      test(`text and bytes arrive in order from a ${crowded ? 'busy' : 'quiet'} thread`, async () => {
        turnLoad.crowded = crowded;
        const { near, far, close } = await pair();
        const output = new SocketOutput(near, () => {});
        let expected = '';
        for (let i = 0; i < 200; i++) {
          // It may change at any time.
          if (i === 150) turnLoad.crowded = !crowded;
          const text = `${i}:${'é'.repeat(i)};`;
          expected += text;
          if (i % 7 === 0) output.writeChunk('', Buffer.from(text, 'latin1'), 0, text.length, '');
          else if (i % 31 === 0)
            await new Promise((resolve) => setImmediate(resolve, output.writeText(text)));
          else output.writeText(text);
        }
        output.end();
        let received = '';
        for await (const chunk of far) received += (chunk as Buffer).toString('latin1');
        assert.equal(received, expected);
        close();
      });

    for (const crowded of [false, true])
      test(`a peer that does not read blocks the output, and one that reads again drains it (${crowded ? 'busy' : 'quiet'})`, async () => {
        turnLoad.crowded = crowded;
        const { near, far, close } = await pair();
        far.pause();
        let drained = 0;
        const output = new SocketOutput(near, () => drained++);
        const text = 'x'.repeat(256 * 1024);
        let written = 0;
        while (output.writeText(text)) written += text.length;
        written += text.length;
        assert.equal(output.blocked, true);
        assert.ok(output.queued > 0);
        // What is written meanwhile is not lost and does not overtake.
        assert.equal(output.writeText('end'), false);
        let received = 0;
        let tail = '';
        far.on('data', (chunk: Buffer) => {
          received += chunk.length;
          tail = (tail + chunk.toString('latin1')).slice(-3);
        });
        far.resume();
        while (received < written + 3) await once(far, 'data');
        assert.equal(tail, 'end');
        while (output.blocked) await new Promise((resolve) => setImmediate(resolve));
        assert.ok(drained >= 1);
        assert.equal(output.queued, 0);
        close();
      });

    for (const crowded of [false, true])
      test(`a connection that is reset closes the socket and nothing throws (${crowded ? 'busy' : 'quiet'})`, async () => {
        turnLoad.crowded = crowded;
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

    for (const crowded of [false, true])
      test(`before the connection is there writes wait for it (${crowded ? 'busy' : 'quiet'})`, async () => {
        turnLoad.crowded = crowded;
        const server = createServer();
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const near = connect((server.address() as { port: number }).port, '127.0.0.1');
        const output = new SocketOutput(near, () => {});
        output.writeText('early ');
        output.writeText('bird');
        const [far] = (await once(server, 'connection')) as [Socket];
        output.end();
        let received = '';
        for await (const chunk of far) received += String(chunk);
        assert.equal(received, 'early bird');
        near.destroy();
        server.close();
      });

    test('pieces that slow peers have not taken stay as they were while others are written', async () => {
      const READ_SIZE = 64 * 1024;
      const input = Buffer.alloc(READ_SIZE);
      const peers = await Promise.all([pair(), pair(), pair()]);
      const hashes = peers.map(() => ({
        sent: createHash('sha256'),
        received: createHash('sha256'),
        left: 0,
      }));
      const outputs = peers.map(({ near, far }, at) => {
        far.pause();
        far.on('data', (chunk: Buffer) => {
          hashes[at]!.received.update(chunk);
          hashes[at]!.left -= chunk.length;
        });
        return new SocketOutput(near, () => {});
      });
      let round = 0;
      // The input is used again at once, as the read buffer is; a blocked output gets one more piece.
      const write = (at: number): boolean => {
        input.fill(++round);
        const [before, after] = [`${round}\r\n`, round % 2 === 0 ? '\r\n' : ''];
        const length = READ_SIZE - (round % 100);
        const hash = hashes[at]!;
        hash.sent.update(before).update(input.subarray(0, length)).update(after);
        hash.left += before.length + length + after.length;
        return outputs[at]!.writeChunk(before, input, 0, length, after);
      };
      for (let at = 0; at < peers.length; at++) {
        let more = true;
        while (more) more = write(at);
        assert.equal(outputs[at]!.blocked, true);
        write(at);
      }
      for (const { far } of peers) far.resume();
      while (hashes.some(({ left }) => left > 0)) await new Promise((resolve) => setImmediate(resolve));
      for (const { sent, received } of hashes) assert.equal(received.digest('hex'), sent.digest('hex'));
      while (outputs.some((output) => output.blocked)) await new Promise((resolve) => setImmediate(resolve));
      for (const { close } of peers) close();
    });

    test('a thread is busy with many calls that write much', () => {
      for (const [calls, writes, crowded] of [
        [16, 1000, true],
        [15, 1000, false],
        [16, 999, false],
        [1000, 0, false],
      ] as const) {
        turnLoad.writes = writes;
        weighTurns(calls);
        assert.deepEqual(turnLoad, { crowded, writes: 0 });
      }
    });
  });

test('no write request serves for two writes', async () => {
  const { near, close } = await pair();
  const output = new SocketOutput(near, () => {});
  type Write = (request: object, bytes: unknown) => number;
  const handle = (near as unknown as { _handle: Record<'writeLatin1String' | 'writeBuffer', Write> })._handle;
  const requests: object[] = [];
  for (const method of ['writeLatin1String', 'writeBuffer'] as const) {
    const write = handle[method].bind(handle);
    handle[method] = (request, bytes) => {
      requests.push(request);
      return write(request, bytes);
    };
  }
  for (let i = 0; i < 4; i++) {
    output.writeText('text');
    output.writeChunk('', Buffer.from('bytes'), 0, 5, '');
  }
  assert.equal(requests.length, 8);
  assert.equal(new Set(requests).size, 8);
  close();
});

test('text of one turn leaves together at its end, or at once when it is asked for', async () => {
  turnLoad.crowded = true;
  const { near, far, close } = await pair();
  const output = new SocketOutput(near, () => {});
  const handle = (
    near as unknown as { _handle: { writeLatin1String(request: object, text: string): number } }
  )._handle;
  const writes: string[] = [];
  const write = handle.writeLatin1String.bind(handle);
  handle.writeLatin1String = (request, text) => {
    writes.push(text);
    return write(request, text);
  };
  output.writeText('a');
  output.writeText('b');
  assert.deepEqual([writes, output.queued], [[], 2]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([writes, output.queued], [['ab'], 0]);
  output.writeText('c');
  output.flush();
  assert.deepEqual(writes, ['ab', 'c']);
  output.writeText('d');
  near.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(writes, ['ab', 'c']);
  far.destroy();
  close();
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { DirectSockets } from '../../native-bindings/direct-sockets.ts';
import { SocketRing } from '../../native-bindings/socket-ring.ts';
import { REFUSING_RING } from '../../test/support/refusing-ring.ts';
import { readReady, useDirectSockets } from './direct-sockets.ts';
import { SocketOutput } from './socket-output.ts';
import { flushAfterTurn, turnLoad, weighTurns } from './write-batch.ts';

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
const noSockets = sockets === null && 'only on Linux, with koffi';
/** Serves single sockets too. */
const ring = SocketRing.open(1);

afterEach(() => {
  turnLoad.crowded = false;
});

for (const [way, own, together, skip] of [
  ['through Node', null, null, false],
  ['directly', sockets, null, noSockets],
  ['with others', sockets, ring, noSockets || (ring === null && 'no io_uring here')],
  ['by itself because the kernel refuses the ring', sockets, REFUSING_RING, noSockets],
] as const)
  describe(`written ${way}`, { skip }, () => {
    before(() => useDirectSockets(own, together));
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

    test('what many peers get in one turn is theirs, also where some have gone or do not read', async () => {
      const peers = await Promise.all(Array.from({ length: 150 }, pair));
      const received = peers.map(() => '');
      const expected = peers.map(() => '');
      const outputs = peers.map(({ near }) => new SocketOutput(near, () => {}));
      const isGone = (at: number): boolean => at % 5 === 2;
      for (const [at, { near, far }] of peers.entries()) {
        if (isGone(at)) far.resetAndDestroy();
        if (at % 50 === 1) far.pause();
        near.resume();
        far.on('data', (chunk: Buffer) => {
          received[at] += chunk.toString('latin1');
        });
      }
      const slow = outputs[1]!;
      for (let round = 0; !slow.blocked; round++) {
        turnLoad.crowded = true;
        for (const [at, output] of outputs.entries()) {
          const text = `${round}.${at};`.repeat(at % 50 === 1 ? 500 : 1 + (at % 40));
          if (!isGone(at)) expected[at] += text;
          output.writeText(text);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const { far } of peers) far.resume();
      while (received.some((got, at) => got.length < expected[at]!.length))
        await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(received, expected);
      for (const { close } of peers) close();
    });

    test('what is written at the end of a turn does not overtake what leaves there', async () => {
      for (const length of [1, 5000]) {
        const { near, far, close } = await pair();
        const output = new SocketOutput(near, () => {});
        turnLoad.crowded = true;
        output.writeText('first ');
        flushAfterTurn({
          flush(): void {
            output.writeText('second ');
            output.writeText('x'.repeat(length));
            output.writeChunk(' third', Buffer.from(' fourth'), 0, 7, '');
            output.end();
          },
        });
        let received = '';
        for await (const chunk of far) received += String(chunk);
        assert.equal(received, `first second ${'x'.repeat(length)} third fourth`);
        close();
      }
    });

    test('an output that ends at the end of a turn sends what leaves there', async () => {
      const { near, far, close } = await pair();
      const output = new SocketOutput(near, () => {});
      turnLoad.crowded = true;
      output.writeText('last words');
      flushAfterTurn({ flush: () => output.end() });
      let received = '';
      for await (const chunk of far) received += String(chunk);
      assert.equal(received, 'last words');
      close();
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

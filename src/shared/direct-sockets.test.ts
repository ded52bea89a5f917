import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { DirectSockets } from '../../native-bindings/direct-sockets.ts';
import { SocketRing } from '../../native-bindings/socket-ring.ts';
import { REFUSING_RING } from '../../test/support/refusing-ring.ts';
import { readAsAlways, readDirectly, readReady, useDirectSockets } from './direct-sockets.ts';
import { readBuffer } from './read-buffer.ts';
import { turnLoad } from './write-batch.ts';

interface Pair {
  /** Read directly. */
  readonly near: Socket;
  readonly far: Socket;
  readonly received: string[];
}

const sockets = DirectSockets.open(readReady);
const skip = sockets === null && 'only on Linux, with koffi';
/** Serves single sockets too. */
const ring = SocketRing.open(1);
const noRing = ring === null && 'no io_uring here';
let open: Socket[] = [];

async function pair(onBytes?: (text: string, near: Socket) => void): Promise<Pair> {
  const received: string[] = [];
  let near: Socket | null = null;
  const onread = {
    buffer: readBuffer,
    callback(length: number, input: Buffer): boolean {
      const text = input.toString('latin1', 0, length);
      received.push(text);
      onBytes?.(text, near!);
      return true;
    },
  };
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const { port } = server.address() as { port: number };
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, onread } as NetConnectOpts);
  near = socket;
  socket.once('connect', () => {
    const { _handle: handle } = socket as unknown as { _handle: object };
    const reader = readDirectly(handle, onread.callback);
    assert.ok(reader !== null, 'Node has other insides than we know');
    reader.socket = socket;
  });
  const [far] = (await accepted) as [Socket];
  server.close();
  far.on('error', () => {});
  if (socket.connecting) await once(socket, 'connect');
  open.push(socket, far);
  return { near: socket, far, received };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};
const rest = (milliseconds = 50): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
/** What was written before is in the kernel then, and nothing of it read. */
function standStill(): void {
  const until = performance.now() + 20;
  while (performance.now() < until);
}

for (const [way, together, missing] of [
  ['by itself', null, false],
  ['with others', ring, noRing],
  ['by itself because the kernel refuses the ring', REFUSING_RING, false],
] as const)
  describe(`a socket that is read directly, ${way}`, { skip: skip || missing }, () => {
    before(() => useDirectSockets(sockets, together));
    after(() => useDirectSockets(null));
    afterEach(() => {
      for (const socket of open) socket.destroy();
      open = [];
    });

    it('gets all bytes in order, also more than one read holds', async () => {
      const { far, received } = await pair();
      const text = Array.from({ length: 400_000 }, (_, at) => at % 10).join('');
      far.end(text, 'latin1');
      await until(() => received.join('').length >= text.length);
      assert.equal(received.join(''), text);
    });

    it('gets nothing while it is paused, and all of it afterwards', async () => {
      const { near, far, received } = await pair();
      near.pause();
      far.write('one');
      await rest();
      assert.deepEqual(received, []);
      near.resume();
      await until(() => received.length > 0);
      near.pause();
      near.resume();
      far.write('two');
      await until(() => received.length > 1);
      assert.deepEqual(received, ['one', 'two']);
    });

    it('gets no more in the turn in which it pauses itself', async () => {
      const size = readBuffer.length;
      const { near, far, received } = await pair((_, socket) => socket.pause());
      far.write('x'.repeat(3 * size));
      await until(() => received.length > 0);
      await rest();
      assert.equal(received.length, 1);
      near.resume();
      await until(() => received.length > 1);
    });

    it('ends when the peer ends, and can still write then', async () => {
      const { near, far, received } = await pair();
      let answer = '';
      far.on('data', (chunk: Buffer) => {
        answer += chunk.toString();
      });
      const ended = once(near, 'end');
      far.end('last');
      await ended;
      assert.deepEqual(received, ['last']);
      const closed = once(near, 'close');
      near.end('answer');
      await until(() => answer === 'answer');
      await closed;
    });

    it('fails as always when the peer resets the connection', async () => {
      const { near, far } = await pair();
      const failed = once(near, 'error');
      far.resetAndDestroy();
      const [error] = (await failed) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(error.syscall, 'read');
    });

    it('gets what came in the same moment as the end, however much it is', async () => {
      for (const size of [1, readBuffer.length, 6 * readBuffer.length]) {
        const { near, far, received } = await pair();
        const ended = once(near, 'end');
        far.end('x'.repeat(size));
        standStill();
        await ended;
        assert.equal(received.join('').length, size);
      }
    });

    it('lets whoever gets the last bytes act on them before the end', async () => {
      const order: string[] = [];
      const { near, far } = await pair(() => setImmediate(() => order.push('acted')));
      near.on('end', () => order.push('end'));
      far.end('x');
      standStill();
      await until(() => order.length === 2);
      assert.deepEqual(order, ['acted', 'end']);
    });

    it('loses nothing when another one fails in the same turn', async () => {
      const manual = DirectSockets.open(() => {})!;
      useDirectSockets(manual, together);
      try {
        const fails = await pair(() => {
          throw new Error('careless');
        });
        const other = await pair();
        for (const { far } of [fails, other]) far.write('x');
        await rest();
        assert.throws(readReady, /careless/);
        assert.deepEqual(other.received, ['x']);
        for (const { near } of [fails, other]) near.destroy();
      } finally {
        useDirectSockets(sockets, together);
      }
    });

    it('is told nothing after it was closed, whoever gets its descriptor', async () => {
      let other: Pair | null = null;
      const first = await pair((_, near) => {
        near.destroy();
        other?.near.destroy();
      });
      other = await pair((_, near) => {
        near.destroy();
        first.near.destroy();
      });
      // Both can be read in the same turn; whichever is first closes the other.
      first.far.write('a');
      other.far.write('b');
      standStill();
      await until(() => first.received.length + other!.received.length > 0);
      const next = await pair();
      await rest();
      assert.equal(first.received.length + other.received.length, 1);
      assert.deepEqual(next.received, []);
      next.far.write('c');
      await until(() => next.received.length > 0);
      assert.deepEqual(next.received, ['c']);
    });

    it('lets promises and ticks of a turn run in it', async () => {
      const order: string[] = [];
      const { far } = await pair(() => {
        process.nextTick(() => order.push('tick'));
        void Promise.resolve().then(() => order.push('promise'));
        setImmediate(() => order.push('next phase'));
      });
      far.write('x');
      await until(() => order.length === 3);
      assert.deepEqual(order, ['tick', 'promise', 'next phase']);
    });

    it('lets what is written in a turn leave at its end', async () => {
      const seen: boolean[] = [];
      const pairs = [
        await pair(() => seen.push(turnLoad.crowded)),
        await pair(() => seen.push(turnLoad.crowded)),
      ];
      for (const { far } of pairs) far.write('x');
      standStill();
      await until(() => seen.length === 2);
      assert.equal(turnLoad.crowded, false);
    });

    it('can be given back to Node, with what has come meanwhile', async () => {
      const { near, far, received } = await pair();
      far.write('direct');
      await until(() => received.length === 1);
      far.write(', then as always');
      readAsAlways(near);
      await until(() => received.length === 2);
      near.pause();
      far.write(' paused');
      await rest();
      near.resume();
      await until(() => received.length === 3);
      assert.equal(received.join(''), 'direct, then as always paused');
      const ended = once(near, 'end');
      far.end();
      await ended;
    });

    it('is read in one turn with more than the ring holds, each with its own bytes', async () => {
      const pairs = await Promise.all(Array.from({ length: 150 }, () => pair()));
      const text = (at: number): string => `${at};`.repeat(1 + ((at * 37) % 1500));
      for (const [at, { far }] of pairs.entries()) far.write(text(at), 'latin1');
      standStill();
      await until(() => pairs.every(({ received }, at) => received.join('').length >= text(at).length));
      for (const [at, { received }] of pairs.entries()) assert.equal(received.join(''), text(at));
    });

    it('gets what came before another one paused it when it reads again, and then the rest', async () => {
      const pairs: Pair[] = [];
      const pauseOthers = (_: string, near: Socket): void => {
        for (const other of pairs) if (other.near !== near) other.near.pause();
      };
      for (let i = 0; i < 3; i++) pairs.push(await pair(pauseOthers));
      for (const { far } of pairs) far.write('one');
      standStill();
      await until(() => pairs.some(({ received }) => received.length > 0));
      await rest();
      const paused = pairs.filter(({ near }) => near.isPaused());
      assert.equal(paused.length, 2);
      const [first, second] = paused as [Pair, Pair];
      first.near.resume();
      await until(() => first.received.length > 0);
      first.near.pause();
      for (const { far } of paused) far.end(', two');
      await rest();
      assert.deepEqual([first.received, second.received], [['one'], []]);
      for (const { near, received } of paused) {
        const ended = once(near, 'end');
        near.resume();
        await ended;
        assert.equal(received.join(''), 'one, two');
        assert.equal(near.destroyed, false);
      }
    });

    it('keeps what came before it was paused when it goes back to Node', async () => {
      const pairs: Pair[] = [];
      const pauseOthers = (_: string, near: Socket): void => {
        for (const other of pairs) if (other.near !== near) other.near.pause();
      };
      for (let i = 0; i < 2; i++) pairs.push(await pair(pauseOthers));
      for (const { far } of pairs) far.write('direct');
      standStill();
      await until(() => pairs.some(({ received }) => received.length > 0));
      const { near, far, received } = pairs.find((one) => one.near.isPaused())!;
      readAsAlways(near);
      far.end(', as always');
      const ended = once(near, 'end');
      near.resume();
      await ended;
      assert.equal(received.join(''), 'direct, as always');
    });

    it('fails while it is paused by another one', async () => {
      const pairs: Pair[] = [];
      const pauseOthers = (_: string, near: Socket): void => {
        for (const other of pairs) if (other.near !== near) other.near.pause();
      };
      for (let i = 0; i < 2; i++) pairs.push(await pair(pauseOthers));
      const failed = Promise.all(
        pairs.map(async ({ near }) => (await once(near, 'error')) as [NodeJS.ErrnoException]),
      );
      for (const { far } of pairs) far.resetAndDestroy();
      standStill();
      for (const [error] of await failed) assert.equal(error.code, 'ECONNRESET');
    });
  });

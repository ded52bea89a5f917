import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { SocketRing } from './socket-ring.ts';

const EAGAIN = 11;
const EBADF = 9;
const EIO = 5;

const ring = SocketRing.open();
const skip = ring === null && 'no io_uring here';

/** A connected pair, and the descriptor of its first socket, which Node does not read. */
async function pair(): Promise<{ near: Socket; far: Socket; fd: number; close: () => void }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const near = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1' });
  near.pause();
  const [far] = (await accepted) as [Socket];
  if (near.connecting) await once(near, 'connect');
  const { fd } = (near as unknown as { _handle: { fd: number } })._handle;
  const close = (): void => {
    near.destroy();
    far.destroy();
    server.close();
  };
  return { near, far, fd, close };
}

/** Runs in a process of its own. */
function run(program: string): { status: number | null; stdout: string; stderr: string } {
  const url = JSON.stringify(new URL('./socket-ring.js', import.meta.url).href);
  const source = `const load = () => import(${url}); ${program}`;
  return spawnSync(process.execPath, ['-e', source], { encoding: 'utf8', timeout: 30_000 });
}

describe('a socket ring', { skip }, () => {
  it('sends and receives on many sockets, each with a result of its own', async () => {
    const pairs = await Promise.all([pair(), pair(), pair()]);
    const received = pairs.map(({ far }) => once(far, 'data'));
    for (const [slot, { fd }] of pairs.entries()) ring!.stageSend(slot, fd, `é${slot}`.repeat(slot + 1));
    ring!.stageSend(3, 999_999, 'nobody');
    ring!.submit();
    assert.deepEqual(
      [0, 1, 2, 3].map((slot) => ring!.sent(slot)),
      [2, 4, 6, -EBADF],
    );
    const texts = (await Promise.all(received)).map(([chunk]) => (chunk as Buffer).toString('latin1'));
    assert.deepEqual(texts, ['é0', 'é1é1', 'é2é2é2']);

    pairs[0]!.far.write('answer');
    pairs[1]!.far.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const [slot, { fd }] of pairs.entries()) ring!.stageReceive(slot, fd);
    ring!.stageReceive(3, 999_999);
    ring!.submit();
    assert.deepEqual(
      [0, 1, 2, 3].map((slot) => ring!.length(slot)),
      [6, 0, -EAGAIN, -EBADF],
    );
    assert.equal(ring!.received[0]!.toString('latin1', 0, 6), 'answer');
    for (const { close } of pairs) close();
  });

  it('uses all its slots, again and again', async () => {
    const { far, fd, close } = await pair();
    let expected = '';
    let received = '';
    far.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    for (let round = 0; round < 50; round++) {
      for (let slot = 0; slot < ring!.slots; slot++) {
        const text = `${round}.${slot};`;
        expected += text;
        ring!.stageSend(slot, fd, text);
      }
      ring!.submit();
      for (let slot = 0; slot < ring!.slots; slot++)
        assert.equal(ring!.sent(slot), `${round}.${slot};`.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (received.length < expected.length) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(received, expected);
    close();
  });

  it('does not wait for a peer that does not read, and says how much was taken', async () => {
    const { far, fd, close } = await pair();
    far.pause();
    const text = 'x'.repeat(ring!.room);
    let written = 0;
    for (;;) {
      ring!.stageSend(0, fd, text);
      ring!.submit();
      if (ring!.sent(0) < 0) break;
      written += ring!.sent(0);
    }
    assert.equal(ring!.sent(0), -EAGAIN);
    let received = 0;
    far.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    far.resume();
    while (received < written) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(received, written);
    close();
  });

  it('leaves nothing staged behind when there was nothing to do', () => {
    ring!.submit();
    ring!.stageReceive(5, 999_999);
    ring!.submit();
    assert.equal(ring!.length(5), -EBADF);
  });

  it('ends with its thread, and keeps no process alive', () => {
    const { status, stdout, stderr } = run(`
      const { Worker } = require('node:worker_threads');
      const fs = require('node:fs');
      const rings = () => fs.readdirSync('/proc/self/fd').filter((fd) => {
        try { return fs.readlinkSync('/proc/self/fd/' + fd) === 'anon_inode:[io_uring]'; } catch { return false; }
      }).length;
      (async () => {
        const { SocketRing } = await load();
        SocketRing.open();
        for (const end of ['', 'for (;;);', 'process.exit(0);']) {
          const worker = new Worker('const load = ' + load + '; load().then(({ SocketRing }) => {'
            + 'globalThis.ring = SocketRing.open(); require("node:worker_threads").parentPort.postMessage(1);' + end + '})', { eval: true });
          await new Promise((resolve) => worker.once('message', resolve));
          await worker.terminate();
        }
        console.log('rings left:', rings());
      })();`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /rings left: 1\n/);
  });

  it('says of what a kernel refuses later that it was not done', async () => {
    const { status, stdout, stderr } = run(`load().then(({ SocketRing }) => {
      const ring = SocketRing.open();
      const fs = require('node:fs');
      for (const fd of fs.readdirSync('/proc/self/fd'))
        try { if (fs.readlinkSync('/proc/self/fd/' + fd) === 'anon_inode:[io_uring]') fs.closeSync(Number(fd)); } catch {}
      for (let round = 0; round < 2; round++) {
        ring.stageSend(0, 999999, 'x');
        ring.stageReceive(1, 999999);
        ring.submit();
        console.log(ring.sent(0), ring.length(1));
      }
    });`);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${`${-EIO} ${-EIO}\n`.repeat(2)}`);
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { DirectSockets } from './direct-sockets.ts';

const skip = DirectSockets.open(() => {}) === null && 'only on Linux, with koffi';

/** A thread with a socket that is watched; a byte arrives there. What then happens is `then`. */
function threadWith(then: string): string {
  return `
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    const net = require('node:net');
    const fs = require('node:fs');
    async function thread() {
      const { DirectSockets } = await import(${JSON.stringify(new URL('./direct-sockets.js', import.meta.url).href)});
      const buffer = Buffer.alloc(16);
      const sockets = DirectSockets.open(() => {
        if (sockets.look() !== 1) throw new Error('not one');
        const fd = sockets.readyAt(0);
        const length = sockets.receive(fd, buffer);
        if (length <= 0) sockets.unwatch(fd);
        else { parentPort.postMessage('read ' + length); ${then} }
      });
      const server = net.createServer({ pauseOnConnect: true }, (socket) => sockets.watch(socket._handle.fd));
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
    }
    async function main() {
      const open = () => fs.readdirSync('/proc/self/fd').length;
      let before = 0;
      for (let round = 0; round < 4; round++) {
        const worker = new Worker(__filename);
        worker.on('error', (error) => console.log('uncaught:', error.message));
        const port = await new Promise((resolve) => worker.once('message', resolve));
        const socket = net.connect(port, '127.0.0.1');
        socket.on('error', () => {});
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        const told = new Promise((resolve) => worker.once('message', resolve));
        socket.write('hello');
        console.log(await told);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await worker.terminate();
        await ended;
        socket.destroy();
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (round === 1) before = open();
        if (round === 3) console.log('descriptors left:', open() - before);
      }
    }
    void (isMainThread ? main() : thread());
  `;
}

describe('direct sockets', { skip }, () => {
  const ENDS: readonly (readonly [what: string, then: string, told?: RegExp])[] = [
    ['is terminated while it waits', ''],
    ['is terminated in an endless loop', 'for (;;);'],
    ['is terminated while a promise waits', 'void new Promise(() => {}).then(() => {});'],
    ['exits itself', 'process.exit(0);'],
    ['throws', `throw new Error('careless');`, /uncaught: careless/],
  ];
  for (const [what, then, told] of ENDS) {
    it(`leaves the process alone when its thread ${what}`, { timeout: 30_000 }, () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'sockets-'));
      try {
        writeFileSync(`${folder}/program.cjs`, threadWith(then));
        const { status, signal, stdout, stderr } = spawnSync(process.execPath, [`${folder}/program.cjs`], {
          encoding: 'utf8',
        });
        assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
        assert.equal(stdout.match(/read 5/g)?.length, 4);
        assert.match(stdout, /descriptors left: 0/);
        if (told !== undefined) assert.match(stdout, told);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('keeps no process alive', () => {
    const program = `import(${JSON.stringify(new URL('./direct-sockets.js', import.meta.url).href)}).then(({ DirectSockets }) => DirectSockets.open(() => {}));`;
    assert.equal(spawnSync(process.execPath, ['-e', program], { timeout: 20_000 }).status, 0);
  });

  it('tells errors of a read as negated numbers', () => {
    const sockets = DirectSockets.open(() => {})!;
    const EBADF = 9;
    assert.equal(sockets.receive(999_999, Buffer.alloc(1)), -EBADF);
    assert.equal(sockets.watch(999_999), false);
    assert.equal(sockets.look(), 0);
  });
});

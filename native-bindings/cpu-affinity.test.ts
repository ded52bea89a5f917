import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { parseCoreList } from '../loadtest/system/cores.ts';
import { pinThread, threadCores } from './cpu-affinity.ts';
import { NativeModuleError } from './native-module-error.ts';

function allowedBySystem(): number[] {
  const status = readFileSync('/proc/thread-self/status', 'latin1');
  return parseCoreList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)![1]!);
}

describe('the cores of a thread', { skip: process.platform !== 'linux' && 'Linux only' }, () => {
  it('are those that the system tells', () => {
    assert.deepEqual(threadCores(), allowedBySystem());
  });

  it('can be narrowed to one, for this thread alone', async () => {
    const before = threadCores();
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(({ pinThread, threadCores }) => {
        pinThread(workerData.core);
        parentPort.postMessage(threadCores());
      });`;
    const workerData = { module: new URL('./cpu-affinity.js', import.meta.url).href, core: before.at(-1) };
    const worker = new Worker(program, { eval: true, workerData });
    const cores = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    assert.deepEqual(cores, [before.at(-1)]);
    assert.deepEqual(threadCores(), before);
  });

  it('cannot be one that does not exist', () => {
    assert.throws(() => pinThread(1_000), NativeModuleError);
  });
});

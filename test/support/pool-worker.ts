/**
 * A worker thread that speaks the messages and does nothing else, for tests of the supervisor. It obeys what the
 * generation and the address book tell it: `viaName` names a behaviour, the pseudo host names are orders.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, Generation, ToWorker, WorkerInit } from '../../src/shared/messages.ts';

const init = workerData as WorkerInit;
const port = parentPort!;
const post = (message: FromWorker) => port.postMessage(message);
const mine = (worker: readonly string[] | undefined) => worker?.includes(String(init.workerIndex)) === true;

let serving: Generation = init.generation;
let prepared: Generation | null = null;

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'prepare':
      prepare(message.generation);
      break;
    case 'commit':
      if (prepared?.version !== message.version) throw new Error(`commit of ${message.version} unprepared`);
      if (prepared.settings.viaName === 'hang-at-commit' && init.workerIndex === 1) for (;;);
      serving = prepared;
      post({ type: 'ack', version: serving.version, plugins: [] });
      break;
    case 'abort':
      prepared = null;
      log('aborted', message.version);
      break;
    case 'addresses':
      if (mine(message.addresses['exit'])) process.exit(7);
      if (mine(message.addresses['hang'])) for (;;);
      if (mine(message.addresses['throw'])) throw new Error('ordered to throw');
      log('addresses', serving.version);
      break;
    case 'stop-listening':
      // The later ones take their time.
      setTimeout(() => post({ type: 'stopped-listening' }), 50 * init.workerIndex);
      break;
    case 'drain':
      if (serving.settings.viaName !== 'never-drain') post({ type: 'drained', cut: 0 });
  }
});

function prepare(generation: Generation): void {
  const behaviour = generation.settings.viaName;
  const { version } = generation;
  if (behaviour === 'refuse' && init.workerIndex === 1) {
    post({ type: 'refuse', version, reason: 'plugin "x" threw at setup' });
    return;
  }
  if (behaviour === 'hang-at-prepare') {
    post({ type: 'preparing', version });
    for (;;);
  }
  if (behaviour === 'crash-at-prepare' && init.workerIndex === 1) process.exit(9);
  prepared = generation;
  // Longer than the pause before a second restart.
  setTimeout(() => post({ type: 'prepared', version }), behaviour === 'slow-at-prepare' ? 1_000 : 0);
}

function log(message: string, version: number): void {
  post({ type: 'log', level: 'info', message, fields: { version, worker: init.workerIndex } });
}

const behaviour = serving.settings.viaName;
if (behaviour === 'refuse-at-start' && init.workerIndex === 1) {
  post({ type: 'refuse', version: serving.version, reason: 'cannot load plugin "x"' });
  port.close();
} else if (behaviour === 'exit-at-start') {
  process.exit(5);
} else if (behaviour === 'throw-at-start' && init.workerIndex === 1) {
  throw new Error('cannot listen');
} else {
  post({ type: 'ack', version: serving.version, plugins: [] });
  post({ type: 'listening', port: init.port || 1 });
}

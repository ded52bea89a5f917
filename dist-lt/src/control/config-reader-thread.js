/** Entry of the thread of `config-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { readConfig } from './config-loader.js';
parentPort.postMessage(await readConfig(workerData));
//# sourceMappingURL=config-reader-thread.js.map
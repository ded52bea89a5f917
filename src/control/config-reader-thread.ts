/** Entry of the thread of `config-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ConfigSource, readConfig } from './config-loader.ts';

parentPort!.postMessage(await readConfig(workerData as ConfigSource));

/** Entry of the thread of `config-reader.ts`. */
import { parentPort } from 'node:worker_threads';
import { type ConfigSource, readConfig } from './config-loader.ts';

const port = parentPort!;
port.on('message', async (source: ConfigSource) => port.postMessage(await readConfig(source)));

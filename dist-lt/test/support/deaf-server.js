import net from 'node:net';
import { Worker } from 'node:worker_threads';
/** Listens, but its thread is stuck: once its backlog is full, connection attempts get no answer at all. */
export async function deafServer() {
    const worker = new Worker(`const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
     });`, { eval: true });
    const port = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const fillers = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1').on('error', () => undefined));
    return {
        port,
        close: () => {
            for (const filler of fillers)
                filler.destroy();
            return worker.terminate();
        },
    };
}
//# sourceMappingURL=deaf-server.js.map
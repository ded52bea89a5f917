import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
const running = new Set();
/** SIGTERM and not SIGKILL: a killed nginx or HAProxy master would leave its workers behind. */
process.on('exit', () => {
    for (const child of running)
        child.kill('SIGTERM');
});
/** A server that runs pinned to some cores until it is stopped. */
export class Server {
    pid;
    #child;
    #log;
    constructor(child, log) {
        this.pid = child.pid;
        this.#child = child;
        this.#log = log;
    }
    get exited() {
        return this.#child.exitCode !== null || this.#child.signalCode !== null;
    }
    logTail() {
        return readFileSync(this.#log, 'utf8').trim().split('\n').slice(-8).join('\n');
    }
    /** Asks it to end; after three seconds it is killed. */
    async stop() {
        if (this.exited)
            return;
        const ended = once(this.#child, 'exit');
        const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
        this.#child.kill('SIGTERM');
        await ended;
        clearTimeout(impatience);
    }
}
/** Starts a server on the given cores; what it prints goes to the file `log`. */
export function startServer(what, cores, log) {
    const output = openSync(log, 'w');
    const child = spawn('taskset', ['-c', cores, what.command, ...what.args], {
        stdio: ['ignore', output, output],
    });
    closeSync(output);
    track(child);
    return new Server(child, log);
}
/** Starts a helper on the given cores whose standard output is read here. */
export function startHelper(what, cores) {
    const child = spawn('taskset', ['-c', cores, what.command, ...what.args], {
        stdio: ['pipe', 'pipe', 'inherit'],
    });
    track(child);
    return child;
}
/** Runs a command on the given cores to its end and returns what it printed. */
export async function run(what, cores) {
    const child = startHelper(what, cores);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
        output += text;
    });
    const [code, signal] = await once(child, 'close');
    if (code !== 0)
        throw new Error(`${what.command} ended with ${code ?? signal}:\n${output}`);
    return output;
}
function track(child) {
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.once('error', () => running.delete(child));
}
//# sourceMappingURL=child.js.map
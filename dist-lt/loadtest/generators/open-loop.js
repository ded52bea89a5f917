/**
 * Open-loop load: sends at a fixed rate whatever the server does and measures each request from the moment it was due.
 * Runs as a process of its own (`node open-loop.js '<JSON of OpenLoopJob>'`) and prints an OpenLoopReport as JSON.
 *
 * Node's timers tick in milliseconds, too coarse here, and a spinning loop would take the origin's core. So the loop
 * sleeps on a futex (`Atomics.wait`) until the next request is due, at most TURN_MS, then lets Node poll its sockets:
 * send times and latencies are right to about 0.1 ms.
 */
import { once } from 'node:events';
import net from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { ResponseReader } from './response-reader.js';
import { Schedule } from './schedule.js';
const TURN_MS = 0.1;
/** How long answers are waited for after the last request was sent. */
const GRACE_MS = 2_000;
const RETRY_MS = 20;
/** One keep-alive connection after another: a server that closes one, as on a reload, gets a new one. */
class Connection {
    reader = new ResponseReader();
    socket = null;
    /** When the request in flight was due. */
    due = 0;
    busy = false;
}
class Generator {
    #job;
    #free = [];
    #all = [];
    /** One for all sockets: the callback has used the bytes before the next read overwrites them. */
    #buffer = Buffer.allocUnsafe(65_536);
    #latency = createHistogram();
    #lag = createHistogram();
    /** Requests that were due before this count as warm-up. */
    #measureFrom = 0;
    #schedule = new Schedule(0, 0, 1);
    #errors = 0;
    #answered = 0;
    constructor(job) {
        this.#job = job;
    }
    async run() {
        await this.#connect();
        const start = performance.now();
        const end = start + this.#job.warmUpMs + this.#job.measureMs;
        this.#measureFrom = start + this.#job.warmUpMs;
        this.#schedule = new Schedule(start, end, this.#job.ratePerSecond);
        await this.#turns(end + GRACE_MS);
        this.#countUnanswered(performance.now());
        return {
            achievedRate: (this.#answered / this.#job.measureMs) * 1_000,
            errors: this.#errors,
            p50: this.#latency.percentile(50) / 1e6,
            p80: this.#latency.percentile(80) / 1e6,
            p99: this.#latency.percentile(99) / 1e6,
            p999: this.#latency.percentile(99.9) / 1e6,
            generatorLag: this.#lag.percentile(99) / 1e6,
        };
    }
    async #connect() {
        for (let index = 0; index < this.#job.connections; index++) {
            const connection = new Connection();
            this.#all.push(connection);
            await once(this.#open(connection), 'connect');
        }
    }
    #open(connection) {
        const socket = net.connect({
            port: this.#job.port,
            host: '127.0.0.1',
            noDelay: true,
            onread: {
                buffer: this.#buffer,
                callback: (length) => {
                    this.#receive(connection, this.#buffer, length);
                    return true;
                },
            },
        });
        socket.on('connect', () => {
            connection.socket = socket;
            this.#release(connection);
        });
        // A close follows every error and is what counts.
        socket.on('error', () => { });
        socket.on('close', () => this.#reopen(connection));
        return socket;
    }
    #turns(deadline) {
        const sleeper = new Int32Array(new SharedArrayBuffer(4));
        return new Promise((resolve) => {
            const turn = () => {
                const now = performance.now();
                const untilNext = this.#schedule.untilNext(now);
                if (untilNext <= 0)
                    this.#lag.record(nanos(-untilNext));
                this.#schedule.advance(now);
                this.#send();
                const idle = untilNext === Number.POSITIVE_INFINITY && this.#quiet();
                if (idle || now > deadline)
                    return resolve();
                const wait = Math.min(TURN_MS, this.#schedule.untilNext(performance.now()));
                if (wait > 0)
                    Atomics.wait(sleeper, 0, 0, wait);
                setImmediate(turn);
            };
            turn();
        });
    }
    #quiet() {
        return !this.#schedule.hasWaiting && this.#all.every((connection) => !connection.busy);
    }
    #send() {
        while (this.#schedule.hasWaiting) {
            const connection = this.#free.pop();
            if (!connection)
                return;
            connection.due = this.#schedule.take();
            connection.busy = true;
            connection.socket.write(this.#job.request, 'latin1');
        }
    }
    #receive(connection, bytes, length) {
        if (!connection.reader.take(bytes, length))
            return;
        if (connection.due >= this.#measureFrom) {
            this.#latency.record(nanos(performance.now() - connection.due));
            this.#answered++;
            if (connection.reader.status !== 200)
                this.#errors++;
        }
        this.#release(connection);
    }
    #release(connection) {
        connection.busy = false;
        this.#free.push(connection);
        if (this.#schedule.hasWaiting)
            this.#send();
    }
    /** A request whose connection ends before its answer has failed; an idle connection may end whenever it likes. */
    #reopen(connection) {
        if (connection.busy)
            this.#errors++;
        connection.busy = false;
        connection.reader.reset();
        if (connection.socket === null) {
            // Refused: not at once again, that would be a busy loop.
            setTimeout(() => this.#open(connection), RETRY_MS);
            return;
        }
        connection.socket = null;
        const at = this.#free.indexOf(connection);
        if (at >= 0)
            this.#free.splice(at, 1);
        this.#open(connection);
    }
    /** What never got an answer took at least until now. */
    #countUnanswered(now) {
        for (const connection of this.#all) {
            if (!connection.busy)
                continue;
            this.#latency.record(nanos(now - connection.due));
            this.#errors++;
        }
        while (this.#schedule.hasWaiting) {
            this.#latency.record(nanos(now - this.#schedule.take()));
            this.#errors++;
        }
    }
}
/** Histograms hold whole numbers from 1. */
function nanos(ms) {
    return Math.max(1, Math.round(ms * 1e6));
}
const job = JSON.parse(process.argv[2]);
const report = await new Generator(job).run();
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
//# sourceMappingURL=open-loop.js.map
/** Shared by the tests of single configuration keys: short ways to ask a gateway and to play an upstream. */
import net from 'node:net';
import { ScriptedOrigin } from '../support/origin.js';
import { PATIENCE, RawClient } from '../support/raw-client.js';
import { message } from '../support/wire.js';
/** One request over a connection of its own. */
export async function ask(port, target, options = {}) {
    const { method = 'GET', fields = [], body = '', localAddress, host, patience = PATIENCE } = options;
    const client = await RawClient.connect(port, {
        ...(localAddress === undefined ? {} : { localAddress }),
        ...(host === undefined ? {} : { host }),
    });
    try {
        const length = body === '' ? [] : [`Content-Length: ${body.length}`];
        const named = fields.some((line) => /^host:/i.test(line)) ? [] : ['Host: a'];
        const head = message(`${method} ${target} HTTP/1.1`, ...named, ...fields, ...length);
        return await client.request(head + body, patience);
    }
    finally {
        client.destroy();
    }
}
export async function statusOf(port, target, options = {}) {
    return (await ask(port, target, options)).status;
}
/** True when something accepts connections there. */
export function listens(port, host) {
    return new Promise((resolve) => {
        const socket = net.connect({ port, host });
        socket.once('connect', () => {
            socket.destroy();
            resolve(true);
        });
        socket.once('error', () => resolve(false));
    });
}
/** An origin that does with each request what `act` says at that moment, and counts the requests. */
export class ActingOrigin {
    act;
    /** Requests in order of arrival. */
    got = [];
    #origin;
    constructor(act) {
        this.act = act;
        this.#origin = new ScriptedOrigin(async (connection) => {
            for (;;) {
                const request = await connection.request(24 * 3_600_000);
                if (!request)
                    return connection.end();
                this.got.push(request);
                this.act(request, connection);
            }
        });
    }
    async listen() {
        await this.#origin.listen();
        return this;
    }
    get address() {
        return this.#origin.address;
    }
    /** Connections so far. */
    get connections() {
        return this.#origin.connections;
    }
    /** What it got since the last call. */
    take() {
        const taken = this.got;
        this.got = [];
        return taken;
    }
    close() {
        return this.#origin.close();
    }
}
export const answer = (status, body = '', ...fields) => (_, connection) => connection.write(message(`HTTP/1.1 ${status} Answer`, ...fields, `Content-Length: ${body.length}`) + body);
/** The first `times` requests get `first`, all others `then`. */
export function firstly(times, first, then) {
    let left = times;
    return (request, connection) => (left-- > 0 ? first : then)(request, connection);
}
/** Never answers. */
export const silence = () => { };
//# sourceMappingURL=support.js.map
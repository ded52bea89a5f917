import { after, before } from 'node:test';
import { startGateway } from './gateway.js';
import { RecordingOrigin } from './origin.js';
import { RawClient } from './raw-client.js';
import { message } from './wire.js';
/** A gateway before a recording origin, started and stopped with the test file (or the describe block). */
export class Relay {
    gateway;
    origin;
    /** Sends a request over a connection of its own. Gives the response, and what the origin saw of it (null if nothing). */
    async send(lines, options = {}) {
        const before = this.origin.seen.length;
        const client = await RawClient.connect(this.gateway.port, options.localAddress === undefined ? {} : { localAddress: options.localAddress });
        try {
            const response = await client.request(message(...lines) + (options.body ?? ''));
            return { response, seen: this.origin.seen[before] ?? null };
        }
        finally {
            client.destroy();
        }
    }
}
/** To be called at the top of a test file or a describe block. Its tests must not run at the same time. */
export function relay(setup) {
    const it = new Relay();
    before(async () => {
        it.origin = await new RecordingOrigin(setup.responder).listen();
        it.gateway = await startGateway(setup.config(it.origin.address), setup.options);
    });
    after(async () => {
        await it.gateway?.stop();
        await it.origin?.close();
    });
    return it;
}
//# sourceMappingURL=relay.js.map
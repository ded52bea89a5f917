import { eventually, startGateway } from '../support/gateway.js';
import { ActingOrigin, answer, ask } from './support.js';
/** Where a key stands: at the upstream, or under `routing`, which every upstream inherits. */
export const LEVELS = ['upstreams[]', 'routing'];
/** A gateway before two origins, set up anew for every key. */
export class Bench {
    a;
    b;
    gateway;
    #uses = 0;
    async start() {
        this.a = await new ActingOrigin(answer(200, 'a')).listen();
        this.b = await new ActingOrigin(answer(200, 'b')).listen();
        this.gateway = await startGateway({}, { workers: 1 });
    }
    async stop() {
        await this.gateway?.stop();
        await this.a?.close();
        await this.b?.close();
    }
    /**
     * Sets keys of an upstream at that level, and what the origins do. The upstream is a new one each time: state of the
     * previous one does not count.
     */
    async use(level, keys, acts = {}) {
        this.a.act = acts.a ?? answer(200, 'a');
        this.b.act = acts.b ?? answer(200, 'b');
        const endpoints = acts.endpoints ?? [this.a.address, this.b.address];
        await this.gateway.reload(this.#config(level, keys, endpoints));
        this.a.take();
        this.b.take();
    }
    #config(level, keys, endpoints) {
        const name = `u${++this.#uses}`;
        const own = level === 'routing' ? {} : keys;
        return {
            routing: { retries: 0, ...(level === 'routing' ? keys : {}) },
            upstreams: [{ name, endpoints, ...own }],
            routes: [{ path: '/*', upstream: name }],
        };
    }
    ask(options = {}, target = '/') {
        return ask(this.gateway.port, target, options);
    }
    /** Which origins answer so many requests in a row, for example `abab`. */
    async turns(count, options = {}, target = '/') {
        let turns = '';
        for (let index = 0; index < count; index++)
            turns += (await this.ask(options, target)).body || '-';
        return turns;
    }
    async view() {
        const { upstreams } = (await (await this.gateway.admin('/_/upstreams')).json());
        return upstreams[0];
    }
    async endpoint(index = 0) {
        return (await this.view()).endpoints[index];
    }
    untilHealth(health) {
        return eventually(async () => (await this.endpoint()).health === health, `health ${health}`);
    }
}
/** How often an origin answered. */
export const share = (turns, of) => turns.split(of).length - 1;
//# sourceMappingURL=upstream-bench.js.map
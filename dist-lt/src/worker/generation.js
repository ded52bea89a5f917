import { ownedHeaders } from '../plugins/loader.js';
import { IpSet } from '../shared/ip.js';
import { Chain } from './chain.js';
import { CompiledRoute } from './compiled-route.js';
/**
 * Everything one version of the configuration means to this worker. Exchanges in flight keep the generation they
 * started with; it is freed when the last of them ends.
 */
export class LoadedGeneration {
    version;
    snapshot;
    settings;
    plugins;
    trustedProxies;
    tls;
    /** Pseudonym and instance for Via. */
    via;
    /** Names, and prefixes ending in `*`, that only plugins may set (rule B7). */
    ownedHeaders;
    #routes = new Map();
    #exchanges = 0;
    #retired = false;
    constructor(version, snapshot, settings, plugins, tls) {
        this.version = version;
        this.snapshot = snapshot;
        this.settings = settings;
        this.plugins = plugins;
        this.tls = tls;
        this.trustedProxies = new IpSet(settings.trustedProxies);
        this.via = `${settings.viaName} (${settings.instanceId})`;
        this.ownedHeaders = ownedHeaders(plugins).map((name) => name.toLowerCase());
    }
    /** An exchange starts with this generation. */
    enter() {
        this.#exchanges++;
    }
    leave() {
        this.#exchanges--;
        if (this.#retired && this.#exchanges === 0)
            this.plugins.release();
    }
    /** No new exchange will start with it: its plugins are unloaded when the last one in flight ends. */
    retire() {
        this.#retired = true;
        if (this.#exchanges === 0)
            this.plugins.release();
    }
    get limits() {
        return this.settings.limits;
    }
    get pathPolicy() {
        return this.settings.pathPolicy;
    }
    /** The route with that index, compiled at its first use. */
    route(index, upstreams, recorder) {
        const known = this.#routes.get(index);
        if (known !== undefined)
            return known;
        const route = this.snapshot.route(index);
        const loaded = route.plugins.map((id) => this.plugins.get(id));
        const unavailable = loaded.map((plugin, i) => plugin === undefined ? `plugin ${route.plugins[i]} is not loaded` : plugin.instance.unavailable);
        const usable = loaded.filter((plugin) => plugin !== undefined && plugin.instance.unavailable === '');
        const chain = usable.length === 0 ? null : new Chain(usable.map((plugin) => plugin));
        const reason = unavailable.find((text) => text !== '') ?? '';
        const compiled = new CompiledRoute(route, recorder.route(route.path), chain, reason, route.action.kind === 'proxy' ? this.#targets(route.action.targets, upstreams) : []);
        this.#routes.set(index, compiled);
        return compiled;
    }
    #targets(targets, upstreams) {
        return targets.map(({ upstream, weight }) => {
            const record = this.snapshot.upstream(upstream);
            if (record === undefined)
                throw new TypeError(`the snapshot has no upstream ${upstream}`);
            return { runtime: upstreams.get(record), weight };
        });
    }
}
//# sourceMappingURL=generation.js.map
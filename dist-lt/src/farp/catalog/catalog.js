import { Semaphore } from '../../shared/semaphore.js';
import { instanceIdFault, serviceNameFault } from '../manifest/names.js';
import { ServiceEntry } from './service-entry.js';
/** Requests that are under way at once, over all services. */
const PARALLEL = 256;
/** Changes within this time are told as one. Milliseconds. */
const GATHER = 20;
export class Catalog {
    #options;
    /** In the order in which the providers are configured: of two that know an instance the first is believed. */
    #providers = new Map();
    #entries = new Map();
    #context;
    #settings;
    #instances = 0;
    #telling = null;
    #refused = new Map();
    constructor(options) {
        this.#options = options;
        this.#settings = options.settings;
        this.#context = {
            fetcher: options.fetcher,
            worker: options.worker,
            permits: new Semaphore(PARALLEL),
            settings: () => this.#settings,
            instanceCount: () => this.#instances,
            readKey: (provider) => this.#providers.get(provider)?.readKey ?? null,
            changed: () => this.#changed(),
            tell: (entry, kind, detail) => this.#tell(entry.name, kind, detail),
            schemaUpdated: (entry, type) => this.#tell(entry.name, 'schema', type),
        };
    }
    /** The providers that there are from now on. What others told is forgotten; a new one has told nothing yet. */
    setProviders(providers) {
        this.#providers = new Map(providers.map(({ name, readKey }) => [
            name,
            { instances: this.#providers.get(name)?.instances ?? [], readKey },
        ]));
        this.#join();
    }
    /** Applies to what is looked at from now on, which is everything. */
    configure(settings) {
        if (JSON.stringify(settings) === JSON.stringify(this.#settings))
            return;
        this.#settings = settings;
        for (const entry of this.#entries.values())
            entry.reconfigured();
    }
    /** The complete list of a provider. */
    publish(provider, instances) {
        const list = this.#providers.get(provider);
        if (list === undefined)
            return;
        this.#providers.set(provider, { ...list, instances });
        this.#join();
    }
    /** By name. */
    entries() {
        return [...this.#entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    }
    entry(name) {
        return this.#entries.get(name.toLowerCase()) ?? null;
    }
    /** Instances that cannot be used at all, by what they call themselves, and why. */
    refused() {
        return this.#refused;
    }
    get isSettled() {
        for (const entry of this.#entries.values())
            if (!entry.isSettled)
                return false;
        return true;
    }
    close() {
        if (this.#telling !== null)
            clearTimeout(this.#telling);
        for (const entry of this.#entries.values())
            entry.close();
        this.#entries.clear();
    }
    #join() {
        const services = new Map();
        this.#instances = 0;
        this.#refused.clear();
        for (const [provider, { instances }] of this.#providers) {
            for (const instance of instances) {
                const fault = faultOf(instance);
                if (fault !== '') {
                    this.#refused.set(`${provider}: ${instance.service}/${instance.id}`, fault);
                    continue;
                }
                const name = instance.service.toLowerCase();
                let listed = services.get(name);
                if (listed === undefined)
                    services.set(name, (listed = new Map()));
                if (listed.has(instance.id))
                    continue;
                listed.set(instance.id, { instance, provider });
                this.#instances++;
            }
        }
        for (const [name, entry] of this.#entries) {
            if (services.has(name))
                continue;
            this.#entries.delete(name);
            entry.close();
            this.#tell(name, 'vanished', 'it has no instances any more');
            this.#changed();
        }
        for (const [name, listed] of services)
            this.#entryFor(name, listed).update(listed);
    }
    #entryFor(name, listed) {
        let entry = this.#entries.get(name);
        if (entry === undefined) {
            entry = new ServiceEntry(name, this.#context);
            this.#entries.set(name, entry);
            const providers = new Set([...listed.values()].map(({ provider }) => provider));
            const detail = `${listed.size} instances from ${[...providers].join(', ')}`;
            entry.history.add('appeared', detail);
            this.#tell(name, 'appeared', detail);
        }
        return entry;
    }
    #changed() {
        this.#telling ??= setTimeout(() => {
            this.#telling = null;
            this.#options.onChange();
        }, GATHER);
        this.#telling.unref();
    }
    #tell(service, kind, detail) {
        this.#options.onEvent({ service, kind, detail });
    }
}
/** Providers check what is theirs; names become paths and labels whoever they come from. */
function faultOf({ service, id, host, port }) {
    const fault = serviceNameFault(service) || instanceIdFault(id);
    if (fault !== '')
        return fault;
    return host === '' || !Number.isInteger(port) || port < 1 || port > 65_535 ? 'it has no address' : '';
}
//# sourceMappingURL=catalog.js.map
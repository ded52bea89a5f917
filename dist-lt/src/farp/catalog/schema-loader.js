/**
 * The schemas of one service: fetched once for all instances that announce the same, kept by hash, asked for again when
 * they have become old. What cannot be had leaves the schema of before in force.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { readDocument } from '../fetch/document.js';
import { FetchError } from '../fetch/fetch-error.js';
import { schemaLocation } from '../fetch/locations.js';
import { matchSchemaHash, schemaHashFault } from '../manifest/schema-hash.js';
import { isPushed } from '../push/pushed-instance.js';
import { fallbackOf, withEndpoints } from './endpoint-schemas.js';
import { storedSchema } from './registry-store.js';
/** Enough that a rollout back and forth is served from here. */
const MAX_CACHED = 12;
const MAX_SCHEMA_BYTES = 8 * 1024 * 1024;
/** Hashes over canonical forms of more than this are made in another thread. */
const SMALL = 64 * 1024;
/** Instances that are asked for the same schema until one gives it. */
const MAX_HOLDERS = 3;
export class SchemaLoader {
    #context;
    /** By what is announced, the one used longest ago first. */
    #cache = new Map();
    constructor(context) {
        this.#context = context;
    }
    /**
     * @param holders instances with a manifest, the one whose manifest this is first
     * @param previous those in force
     */
    async load(manifest, holders, previous, signal) {
        const descriptors = withEndpoints(manifest);
        const parts = await Promise.all(descriptors.map((descriptor) => this.#one(descriptor, manifest, holders, signal)));
        const schemas = [];
        const faults = [];
        let nextLook = Number.POSITIVE_INFINITY;
        parts.forEach((part, index) => {
            const { type } = descriptors[index];
            const { cached, fault } = part;
            const schema = cached?.schema ?? previous.find((one) => one.type === type);
            if (schema !== undefined)
                schemas.push(schema);
            if (fault !== '')
                faults.push({ type, message: fault, isMissing: true });
            if (cached === null)
                return;
            if (cached.fault !== '')
                faults.push({ type, message: cached.fault, isMissing: false });
            nextLook = Math.min(nextLook, cached.freshUntil - performance.now());
        });
        return { schemas, faults, nextLook };
    }
    async #one(descriptor, manifest, holders, signal) {
        const key = keyOf(descriptor, manifest);
        const cached = this.#cache.get(key) ?? null;
        if (cached !== null) {
            this.#remember(key, cached);
            if (performance.now() < cached.freshUntil)
                return { cached: this.#described(cached, descriptor, key), fault: '' };
        }
        let fault = '';
        for (const source of sourcesOf(descriptor, manifest)) {
            for (const holder of holdersOf(descriptor, holders)) {
                try {
                    const loaded = await this.#read(source, descriptor, holder, cached, signal);
                    this.#remember(key, loaded);
                    return { cached: this.#described(loaded, descriptor, key), fault: '' };
                }
                catch (error) {
                    if (signal.aborted)
                        return { cached, fault: '' };
                    // What a schema can bring about concerns that schema alone.
                    const reason = error instanceof FetchError ? error.message : String(error);
                    if (fault === '')
                        fault = `${placeOf(source)}: ${reason}`;
                }
            }
        }
        return { cached, fault };
    }
    #remember(key, cached) {
        this.#cache.delete(key);
        this.#cache.set(key, cached);
        if (this.#cache.size > MAX_CACHED)
            this.#cache.delete(this.#cache.keys().next().value);
    }
    /** Metadata may change while the document stays. */
    #described(cached, { metadata, specVersion }, key) {
        const { schema } = cached;
        if (schema.specVersion === specVersion && isDeepStrictEqual(schema.metadata, metadata))
            return cached;
        const described = { ...cached, schema: { ...schema, specVersion, metadata } };
        this.#remember(key, described);
        return described;
    }
    async #read(source, descriptor, holder, cached, signal) {
        const sent = isPushed(holder.instance) ? holder.instance.schemas[descriptor.type] : undefined;
        if (sent !== undefined)
            return this.#fromDocument(sent, 'sent with the registration', descriptor, cached);
        switch (source.kind) {
            case 'inline':
                return this.#fromDocument(source.document, 'in the manifest', descriptor, cached);
            case 'registry':
                return this.#fromRegistry(source.path, holder, descriptor, cached);
            case 'http':
                return this.#fetch(source, holder, descriptor, cached, signal);
        }
    }
    #fromDocument(document, origin, descriptor, cached) {
        const body = Buffer.from(JSON.stringify(document));
        return this.#accept({ document, body, origin, etag: '', descriptor, cached, hashed: false });
    }
    async #fromRegistry(path, holder, descriptor, cached) {
        const read = this.#context.readKey(holder.provider);
        if (read === null)
            throw new FetchError('missing', `${holder.provider} has no key-value store`);
        const text = await storedSchema(read, path);
        if (text === null)
            throw new FetchError('missing', 'no such key');
        const body = Buffer.from(text);
        const document = await readDocument(body, descriptor.contentType, descriptor.type, this.#context.worker);
        return this.#accept({
            document,
            body,
            origin: `registry ${path}`,
            etag: '',
            descriptor,
            cached,
            hashed: true,
        });
    }
    async #fetch({ url: location, headers }, holder, descriptor, cached, signal) {
        const { fetcher, permits, settings, worker } = this.#context;
        const url = schemaLocation(location, holder.instance, holder.manifestUrl, settings());
        const etag = cached?.schema.origin === url.href ? cached.etag : '';
        const request = { url, headers, etag, maxBytes: MAX_SCHEMA_BYTES, signal };
        const fetched = await permits.run(() => fetcher.fetch(request));
        if (fetched.unchanged && cached !== null) {
            cached.freshUntil = performance.now() + this.#lifetime(descriptor);
            return cached;
        }
        if (fetched.unchanged)
            throw new FetchError('invalid', 'status 304 without being asked');
        const { body, contentType } = fetched;
        if (cached !== null && digestOf(body) === cached.schema.digest && etag === fetched.etag) {
            cached.freshUntil = performance.now() + this.#lifetime(descriptor);
            return cached;
        }
        const document = await readDocument(body, contentType, descriptor.type, worker);
        return this.#accept({
            document,
            body,
            origin: url.href,
            etag: fetched.etag,
            descriptor,
            cached,
            hashed: true,
        });
    }
    async #accept(received) {
        const { document, body, origin, etag, descriptor, cached, hashed } = received;
        const { type, specVersion, metadata, hash } = descriptor;
        const fault = hashed && hash !== '' ? await this.#hashFault(body, hash) : '';
        if (fault !== '' && this.#context.settings().schemaHash === 'refuse')
            throw new FetchError('invalid', fault);
        const digest = digestOf(body);
        const schema = cached !== null && cached.schema.digest === digest && cached.schema.origin === origin
            ? cached.schema
            : { type, specVersion, origin, document, digest, metadata };
        return { schema, etag, fault, freshUntil: performance.now() + this.#lifetime(descriptor) };
    }
    /** @returns '' when the body is what the manifest announces */
    async #hashFault(body, stated) {
        // As all of today's services make it; the other forms take a while.
        const wanted = stated.toLowerCase();
        if (digestOf(body) === wanted || digestOf(body.subarray(0, -1)) === wanted)
            return '';
        const form = body.length <= SMALL
            ? matchSchemaHash(body, stated)
            : await this.#context.worker.hashForm(body, stated);
        return form === null ? schemaHashFault(stated, body) : '';
    }
    /** Without a hash nothing but the schema itself tells that it has changed. */
    #lifetime({ hash, location }) {
        if (location.kind === 'inline')
            return Number.POSITIVE_INFINITY;
        const { schemaCacheTtl, watchInterval } = this.#context.settings();
        return hash === '' ? watchInterval : schemaCacheTtl * (0.8 + 0.2 * Math.random());
    }
}
function keyOf({ type, hash, location }, manifest) {
    if (hash !== '')
        return `${type} ${hash.toLowerCase()}`;
    if (location.kind === 'http')
        return `${type} at ${location.url}`;
    if (location.kind === 'registry')
        return `${type} in ${location.path}`;
    return `${type} of ${manifest.instanceId} ${digestOf(Buffer.from(JSON.stringify(location.document)))}`;
}
/** Where it is said to be, and then where such schemas usually are (protocol digest 1.2). */
function sourcesOf(descriptor, manifest) {
    const fallback = fallbackOf(descriptor.type, manifest);
    const { location } = descriptor;
    if (fallback === '' || (location.kind === 'http' && location.url === fallback))
        return [location];
    return [location, { kind: 'http', url: fallback, headers: {} }];
}
/** The instances that announce the very same. Without a hash that cannot be told. */
function holdersOf({ type, hash }, holders) {
    const same = holders.filter(({ manifest }, index) => index === 0 ||
        (hash !== '' && manifest?.schemas.some((other) => other.type === type && other.hash === hash)));
    return same.slice(0, MAX_HOLDERS);
}
function placeOf(location) {
    if (location.kind === 'inline')
        return 'in the manifest';
    return location.kind === 'registry' ? `registry ${location.path}` : location.url;
}
function digestOf(body) {
    return createHash('sha256').update(body).digest('hex');
}
//# sourceMappingURL=schema-loader.js.map
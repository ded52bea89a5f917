/** One instance of a service: what discovery says of it, and its manifest, looked at again and again. */
import { createHash } from 'node:crypto';
import { FetchError } from '../fetch/fetch-error.js';
import { manifestLocation } from '../fetch/locations.js';
import { MAX_MANIFEST_BYTES, parseManifest } from '../manifest/parse.js';
import { isPushed } from '../push/pushed-instance.js';
import { announcementOf, MANIFEST_PATH } from './announcement.js';
import { bareManifest, schemaTypesIn } from './bare-manifest.js';
import { storedManifest } from './registry-store.js';
import { lookInterval, retryPause } from './settings.js';
/** More new manifests than this per minute are not taken: each may mean new routes for the whole gateway. */
const UPDATES_PER_MINUTE = 60;
export class InstanceWatch {
    provider;
    instance;
    state = 'unannounced';
    manifest = null;
    /** Why the last look brought nothing, or nothing that can be used; `''` when all is well. */
    error = '';
    warnings = [];
    /** Where the manifest came from; null when it came with the registration or the metadata. */
    manifestUrl = null;
    /** A look, good or bad, is behind it. */
    seen = false;
    lastLook = null;
    #context;
    #announcement = { kind: 'none' };
    #text = '';
    #etag = '';
    #digest = '';
    /** The manifest was made of metadata, as there was none. */
    #isBare = false;
    #failures = 0;
    #tokens = UPDATES_PER_MINUTE;
    #refilledAt = performance.now();
    #timer = null;
    #abort = null;
    #closed = false;
    #routed = null;
    constructor(instance, provider, context) {
        this.instance = instance;
        this.provider = provider;
        this.#context = context;
        this.#begin(instance, provider);
    }
    /** As the routes see it; the same object as long as nothing of it changes. null: it takes no part yet. */
    get routed() {
        if (this.state === 'waiting' || this.state === 'refused')
            return null;
        this.#routed ??= { ...this.instance, provider: this.provider, manifest: this.manifest };
        return this.#routed;
    }
    /** What discovery says now. */
    update(instance, provider) {
        const before = this.instance;
        const text = describe(instance);
        const told = isPushed(instance) && isPushed(before) && instance.revision !== before.revision;
        const inline = isPushed(instance) ? instance.manifest : null;
        if (text === this.#text && provider === this.provider && !told) {
            this.instance = instance;
            return;
        }
        const moved = placeText(before) !== placeText(instance) || provider !== this.provider;
        this.instance = instance;
        this.provider = provider;
        this.#text = text;
        this.#routed = null;
        const announcement = announcementOf(instance);
        const elsewhere = JSON.stringify(announcement) !== JSON.stringify(this.#announcement);
        if (inline !== null && inline !== this.manifest)
            this.#accept(inline, []);
        if (moved || elsewhere || told)
            this.#begin(instance, provider);
        this.#context.changed(this, 'instance');
    }
    /** The configuration is another one. */
    reconfigured() {
        this.#begin(this.instance, this.provider);
    }
    /** Looks at once, unless it looks right now. */
    lookNow() {
        if (this.#abort === null && this.#announcement.kind !== 'none')
            this.#schedule(0);
    }
    close() {
        this.#closed = true;
        this.#halt();
    }
    #begin(instance, provider) {
        this.#halt();
        this.provider = provider;
        this.#text = describe(instance);
        this.#etag = '';
        this.#failures = 0;
        const { farp } = this.#context.settings();
        this.#announcement = farp ? announcementOf(instance) : { kind: 'none' };
        const pushed = isPushed(instance) ? instance.manifest : null;
        if (pushed !== null && farp) {
            this.state = 'accepted';
            this.manifest = pushed;
            this.seen = true;
            // What it sent is what it means; what it serves is asked where it says so.
            if (this.#announcement.kind === 'url' && this.#announcement.url !== MANIFEST_PATH)
                this.#schedule(0);
            return;
        }
        const stored = farp ? this.#context.readKey(provider) : null;
        if (this.#announcement.kind === 'none' && stored === null) {
            this.state = 'unannounced';
            this.manifest = null;
            this.seen = true;
            return;
        }
        if (this.manifest === null)
            this.state = this.#announcement.kind === 'none' ? 'unannounced' : 'waiting';
        this.#schedule(0);
    }
    #halt() {
        if (this.#timer !== null)
            clearTimeout(this.#timer);
        this.#timer = null;
        this.#abort?.abort();
        this.#abort = null;
    }
    #schedule(pause) {
        if (this.#timer !== null)
            clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#look(), pause);
        this.#timer.unref();
    }
    async #look() {
        const abort = new AbortController();
        this.#abort = abort;
        let pause;
        try {
            await this.#read(abort.signal);
            if (abort.signal.aborted)
                return;
            pause = lookInterval(this.#context.settings(), this.#context.instanceCount());
            this.#recovered();
        }
        catch (error) {
            if (abort.signal.aborted)
                return;
            // Whatever a service can bring about concerns that service alone.
            pause = this.#failed(error instanceof FetchError ? error : new FetchError('invalid', String(error)));
        }
        this.#abort = null;
        this.seen = true;
        this.lastLook = new Date();
        if (!this.#closed)
            this.#schedule(pause);
    }
    async #read(signal) {
        const announcement = this.#announcement;
        switch (announcement.kind) {
            case 'inline':
                this.#take(announcement.text);
                return;
            case 'bare':
                this.#take(JSON.stringify(bareManifest(this.instance)));
                return;
            case 'url':
                await this.#fetch(announcement.url, signal);
                return;
            case 'none':
                await this.#readStored();
        }
    }
    async #fetch(location, signal) {
        const { fetcher, permits } = this.#context;
        const url = manifestLocation(location, this.instance);
        const request = { url, etag: this.#etag, maxBytes: MAX_MANIFEST_BYTES, signal };
        const fetched = await permits.run(() => signal.aborted ? Promise.reject(new FetchError('unreachable', 'given up')) : fetcher.fetch(request));
        if (signal.aborted || fetched.unchanged)
            return;
        this.manifestUrl = url;
        this.#isBare = false;
        // Remembered only with what it stands for: a manifest that was put off has to come again.
        if (this.#take(fetched.body.toString('utf8')))
            this.#etag = fetched.etag;
    }
    async #readStored() {
        const read = this.#context.readKey(this.provider);
        const text = read === null ? null : await storedManifest(read, this.instance.service, this.instance.id);
        if (text === null)
            throw new FetchError('missing', 'no manifest in the key-value store');
        this.#take(text);
    }
    /** @returns false when it has to wait, because there were too many new ones */
    #take(text) {
        const digest = createHash('sha256').update(text).digest('base64');
        if (digest === this.#digest)
            return true;
        if (!this.#mayUpdate())
            return false;
        this.#digest = digest;
        const { strict, checksum } = this.#context.settings();
        const { service, id } = this.instance;
        const parsed = parseManifest(text, { service, instanceId: id, strict, checksum });
        if (parsed.manifest === null)
            this.#refuse(parsed.error);
        else
            this.#accept(parsed.manifest, parsed.warnings);
        return true;
    }
    #accept(manifest, warnings) {
        this.manifest = manifest;
        this.warnings = warnings;
        this.state = 'accepted';
        this.error = '';
        this.#routed = null;
        this.#context.changed(this, 'manifest');
    }
    /** The last good one stays in force (protocol digest 2.4). */
    #refuse(reason) {
        this.error = reason;
        this.warnings = [];
        if (this.manifest === null)
            this.state = 'refused';
        this.#context.changed(this, 'refused');
    }
    #recovered() {
        if (this.#failures === 0)
            return;
        this.#failures = 0;
        if (this.error === '')
            return;
        this.error = '';
        this.#context.changed(this, 'recovered');
    }
    /** @returns the time until the next try, in milliseconds */
    #failed(error) {
        const { settings, instanceCount } = this.#context;
        if (error.kind === 'missing' && (this.manifest === null || this.#isBare)) {
            this.#withoutManifest();
            return lookInterval(settings(), instanceCount());
        }
        this.#failures++;
        const first = this.error !== error.message;
        this.error = error.message;
        const invalid = error.kind === 'invalid' || error.kind === 'forbidden';
        if (invalid && this.manifest === null)
            this.state = 'refused';
        if (first)
            this.#context.changed(this, invalid ? 'refused' : 'unreachable');
        return retryPause(this.#failures);
    }
    /** What the metadata say has to do. */
    #withoutManifest() {
        if (schemaTypesIn(this.instance.metadata).length > 0) {
            this.#isBare = true;
            this.#take(JSON.stringify(bareManifest(this.instance)));
        }
        else if (this.state !== 'unannounced') {
            this.state = 'unannounced';
            this.error = 'it has no manifest';
            this.#routed = null;
            this.#context.changed(this, 'refused');
        }
    }
    #mayUpdate() {
        const now = performance.now();
        const refill = ((now - this.#refilledAt) * UPDATES_PER_MINUTE) / 60_000;
        this.#tokens = Math.min(UPDATES_PER_MINUTE, this.#tokens + refill);
        this.#refilledAt = now;
        if (this.#tokens < 1)
            return false;
        this.#tokens--;
        return true;
    }
}
function describe(instance) {
    const { id, service, version, host, port, tls, weight, zone, status, tags, metadata } = instance;
    return JSON.stringify([id, service, version, host, port, tls, weight, zone, status, tags, metadata]);
}
function placeText({ host, port, tls }) {
    return `${tls} ${host} ${port}`;
}
//# sourceMappingURL=instance-watch.js.map
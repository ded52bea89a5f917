/** Keeps the registrations in a file, so that a restart of the gateway does not lose services that register only once. */
import { readFileSync, renameSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { isObject } from '../manifest/fields.js';
import { parseJsonText } from '../manifest/json-text.js';
import { Entry } from './entry.js';
import { parseRegistration } from './registration.js';
const FORMAT = 1;
/** Changes within this time are written together. Milliseconds. */
const DELAY = 200;
export class StateFile {
    path;
    #log;
    #delay;
    #wanted = null;
    #timer = null;
    #writing = Promise.resolve();
    #failed = false;
    #closed = false;
    constructor(path, log, delay = DELAY) {
        this.path = path;
        this.#log = log;
        this.#delay = delay;
    }
    /** What cannot be read is left out; a file that is none of ours is put aside. Never throws. */
    load(settings, now) {
        let text;
        try {
            text = readFileSync(this.path, 'utf8');
        }
        catch (error) {
            const { code, message } = error;
            if (code !== 'ENOENT')
                this.#log('error', 'farp.state_file cannot be read', { file: this.path, error: message });
            return [];
        }
        const instances = instancesOf(text);
        if (instances === null) {
            this.#putAside();
            return [];
        }
        return instances.flatMap((kept) => {
            try {
                return [restore(kept, settings, now)];
            }
            catch (error) {
                const reason = error instanceof Error ? error.message : String(error);
                this.#log('warn', 'a kept registration cannot be used', { file: this.path, reason });
                return [];
            }
        });
    }
    /** Soon. `entries` is read when it is written. */
    save(entries) {
        if (this.#closed)
            return;
        this.#wanted = entries;
        this.#timer ??= setTimeout(() => {
            this.#timer = null;
            void this.#write();
        }, this.#delay);
    }
    /** Writes what is still to be written. */
    async close() {
        if (this.#timer !== null)
            clearTimeout(this.#timer);
        this.#timer = null;
        await this.#write();
        this.#closed = true;
    }
    /** One after the other, and in one step: whoever is killed meanwhile leaves the old file or the new one. */
    #write() {
        this.#writing = this.#writing.then(async () => {
            if (this.#wanted === null)
                return;
            const instances = [...this.#wanted].map(kept);
            this.#wanted = null;
            try {
                await replaceFile(this.path, `${JSON.stringify({ format: FORMAT, instances })}\n`);
                this.#failed = false;
            }
            catch (error) {
                if (!this.#failed) {
                    const { message } = error;
                    this.#log('error', 'farp.state_file cannot be written', { file: this.path, error: message });
                }
                this.#failed = true;
            }
        });
        return this.#writing;
    }
    #putAside() {
        const aside = `${this.path}.bad`;
        try {
            renameSync(this.path, aside);
            this.#log('error', 'farp.state_file is damaged: registrations are lost', {
                file: this.path,
                kept_as: aside,
            });
        }
        catch (error) {
            const { message } = error;
            this.#log('error', 'farp.state_file is damaged', { file: this.path, error: message });
        }
    }
}
/** Secrets of webhooks are in it: nobody else may read it. */
async function replaceFile(path, text) {
    const draft = `${path}.new`;
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o600);
    try {
        await file.writeFile(text);
        await file.sync();
    }
    finally {
        await file.close();
    }
    await rename(draft, path);
}
function instancesOf(text) {
    try {
        const content = parseJsonText(text);
        return isObject(content) && content['format'] === FORMAT && Array.isArray(content['instances'])
            ? content['instances']
            : null;
    }
    catch {
        return null;
    }
}
/** In the form in which it was registered: what is read back passes the same checks. */
function kept(entry) {
    const { id, service, version, host, port, tls, tags, metadata, document, schemas } = entry.registration;
    const authority = host.includes(':') ? `[${host}]` : host;
    const address = `${tls ? 'https' : 'http'}://${authority}:${port}`;
    return {
        instance: {
            id,
            service_name: service,
            service_version: version,
            address,
            status: entry.status,
            tags,
            metadata,
        },
        ...(document === null ? {} : { manifest: document }),
        ...(Object.keys(schemas).length === 0 ? {} : { schemas }),
        owner: entry.owner,
        peer: entry.peer,
        registered_at: entry.registeredAt.toISOString(),
        heartbeats: entry.heartbeats,
    };
}
function restore(content, settings, now) {
    if (!isObject(content))
        throw new TypeError('no object');
    const { owner, peer, registered_at: registeredAt, heartbeats, schemas } = content;
    if (typeof owner !== 'string' || typeof peer !== 'string')
        throw new TypeError('no owner');
    const at = new Date(typeof registeredAt === 'string' ? registeredAt : Number.NaN);
    const registration = parseRegistration(content, peer, settings);
    const entry = new Entry({ ...registration, schemas: isObject(schemas) ? schemas : {} }, owner, peer, now, Number.isNaN(at.getTime()) ? new Date() : at);
    entry.heartbeats = heartbeats === true;
    return entry;
}
//# sourceMappingURL=state-file.js.map
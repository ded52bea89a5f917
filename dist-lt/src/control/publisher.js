import { workerSettings } from '../config/settings.js';
import { compileSnapshot } from '../routing/compile.js';
import { SlotsExhaustedError } from './slots.js';
import { tlsOf } from './tls/material.js';
/** How often to look whether the last requests at removed endpoints are over, in milliseconds. */
const RELEASE_INTERVAL = 1_000;
export class Publisher {
    #options;
    #version = 0;
    #releaseTimer = null;
    constructor(options) {
        this.#options = options;
    }
    /** Starts the workers with it. @returns '' or why they cannot */
    async publishFirst(config, routeSet) {
        const { generation, inForce } = await this.#compile(config, routeSet);
        const reason = await this.#options.pool.start(generation);
        if (reason === '')
            this.#publish(inForce);
        return reason;
    }
    /** Not to be called again before it is done. */
    async publish(config, routeSet) {
        let candidate;
        try {
            candidate = await this.#compile(config, routeSet);
        }
        catch (error) {
            if (!(error instanceof SlotsExhaustedError))
                throw error;
            this.#settle();
            return { ok: false, reason: error.message, retry: false };
        }
        const { generation, inForce } = candidate;
        const outcome = await this.#options.pool.apply(generation);
        if (outcome.ok)
            this.#publish(inForce);
        else
            this.#takeBack();
        return outcome;
    }
    close() {
        if (this.#releaseTimer !== null)
            clearTimeout(this.#releaseTimer);
        this.#releaseTimer = null;
    }
    /** @throws SlotsExhaustedError */
    async #compile(config, wanted) {
        const version = ++this.#version;
        const { slots, resolve, instanceId, ticketKeys } = this.#options;
        const { server, credentials } = tlsOf(config);
        const addresses = await resolve(wanted);
        const routeSet = slots.assignSlots(wanted, version);
        const { buffer, conflicts, refused } = compileSnapshot(routeSet, version);
        const generation = {
            version,
            snapshot: buffer,
            settings: { ...workerSettings(config, instanceId), tls: server },
            addresses,
            ticketKeys: ticketKeys.current,
            credentials,
        };
        return { generation, inForce: { version, appliedAt: new Date(), config, routeSet, conflicts, refused } };
    }
    #publish(inForce) {
        this.#options.status.inForce = inForce;
        this.#options.onPublished(inForce);
        this.#settle();
        this.#release(inForce.version);
    }
    #settle() {
        const { status, onSettled } = this.#options;
        if (status.inForce !== null)
            onSettled(status.inForce);
    }
    /** The slots that only the refused generation wanted are given back; those of the one in force are kept. */
    #takeBack() {
        const { slots, status } = this.#options;
        if (status.inForce === null)
            return;
        const version = ++this.#version;
        slots.assignSlots(status.inForce.routeSet, version);
        this.#settle();
        this.#release(version);
    }
    #release(version) {
        this.close();
        if (this.#options.slots.release(version) === 0)
            return;
        this.#releaseTimer = setTimeout(() => this.#release(version), RELEASE_INTERVAL);
        this.#releaseTimer.unref();
    }
}
//# sourceMappingURL=publisher.js.map
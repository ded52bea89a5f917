/** A registration in force, and what has been heard of its instance since. */
export class Entry {
    registration;
    owner;
    /** Who registered it: an IP address. */
    peer;
    registeredAt;
    lastHealthCheck;
    status;
    revision = 1;
    /** False until the first heartbeat: many services never send any and are asked instead. */
    heartbeats = false;
    /** Last sign of life, on the registry's clock. */
    aliveAt;
    nextProbe;
    probing = false;
    /** In a row. */
    failedProbes = 0;
    /** What the service said last, to notice when it says something else. */
    routesChecksum;
    /** Of the manifest's document in JSON. */
    #documentLength;
    constructor(registration, owner, peer, now, registeredAt = new Date()) {
        this.registration = registration;
        this.owner = owner;
        this.peer = peer;
        this.registeredAt = registeredAt;
        this.lastHealthCheck = registeredAt;
        this.status = registration.status;
        this.routesChecksum = registration.manifest?.routesChecksum ?? '';
        this.aliveAt = now;
        this.nextProbe = now;
        this.#documentLength = JSON.stringify([registration.document, registration.schemas]).length;
    }
    /** Roughly what it occupies, in characters of JSON. */
    get weight() {
        return this.#documentLength + 1_000;
    }
    get address() {
        return `${this.registration.host} ${this.registration.port}`;
    }
    /** Nothing answers there: it gets no traffic while that lasts. */
    get isUnreachable() {
        return this.failedProbes >= UNREACHABLE_AFTER;
    }
    published() {
        const { id, service, version, host, port, tls, tags, metadata, manifest, schemas } = this.registration;
        return {
            id,
            service,
            version,
            host,
            port,
            tls,
            weight: 100,
            zone: '',
            status: this.isUnreachable ? 'unhealthy' : this.status,
            tags,
            metadata,
            manifest,
            schemas,
            revision: this.revision,
        };
    }
    /** As the libraries of the services list instances. */
    listed() {
        const { id, service, version, host, port, tags, metadata } = this.registration;
        return {
            id,
            service_name: service,
            version,
            service_version: version,
            address: host,
            port,
            status: this.isUnreachable ? 'unhealthy' : this.status,
            tags,
            metadata,
            registered_at: this.registeredAt.toISOString(),
            last_health_check: this.lastHealthCheck.toISOString(),
        };
    }
}
/** Failed probes in a row before an instance gets no traffic. */
const UNREACHABLE_AFTER = 3;
//# sourceMappingURL=entry.js.map
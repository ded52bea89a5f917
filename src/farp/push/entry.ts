import type { InstanceStatus } from '../../discovery/provider.ts';
import type { PushedInstance } from './pushed-instance.ts';
import type { Registration } from './registration.ts';

/** A registration in force, and what has been heard of its instance since. */
export class Entry {
  readonly registration: Registration;
  /** Its service, and where it is: equal ones are one process. */
  readonly service: string;
  readonly address: string;
  owner: string;
  /** Who registered it: an IP address. */
  peer: string;
  readonly registeredAt: Date;
  lastHealthCheck: Date;
  status: InstanceStatus;
  revision = 1;
  /** False until the first heartbeat: many services never send any and are asked instead. */
  heartbeats = false;
  /** Last sign of life, on the registry's clock. */
  aliveAt: number;
  nextProbe: number;
  probing = false;
  /** In a row. */
  failedProbes = 0;
  /** What the service said last, to notice when it says something else. */
  routesChecksum: string;
  /** Of the manifest's document in JSON. */
  readonly #documentLength: number;

  constructor(
    registration: Registration,
    owner: string,
    peer: string,
    now: number,
    registeredAt = new Date(),
  ) {
    this.registration = registration;
    this.service = registration.service.toLowerCase();
    this.address = `${registration.host} ${registration.port}`;
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
  get weight(): number {
    return this.#documentLength + 1_000;
  }

  /** Nothing answers there: it gets no traffic while that lasts. */
  get isUnreachable(): boolean {
    return this.failedProbes >= UNREACHABLE_AFTER;
  }

  published(): PushedInstance {
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
      // Who registers with the protocol's own means speaks the protocol.
      metadata: { 'farp.enabled': 'true', ...metadata },
      manifest,
      schemas,
      revision: this.revision,
    };
  }

  /** As the libraries of the services list instances. */
  listed(): object {
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

/** Resource records of the local link with their time to live (RFC 6762), as far as instances of services need them. */

export interface Service {
  readonly port: number;
  /** Lower case. */
  readonly target: string;
}

interface Held<T> {
  readonly value: T;
  readonly heldAt: number;
  readonly expiresAt: number;
}

/** `service` and `txt` are unique for an instance, so a new one takes the place of the old one. */
interface InstanceRecords {
  /** As spelled. */
  readonly name: string;
  /** Ends the instance when it expires. */
  pointer: Held<true>;
  service: Held<Service> | null;
  txt: Held<readonly string[]> | null;
}

export interface CompleteInstance {
  readonly name: string;
  readonly service: Service;
  readonly txt: readonly string[];
  /** IPv4 first. */
  readonly addresses: readonly string[];
}

/** Longest time that a record is believed; RFC 6762, 10 recommends 75 minutes. */
const MAX_TTL = 4_500;
/** More than this on one link is an attack. */
const MAX_INSTANCES = 20_000;
const MAX_HOSTS = 20_000;
const MAX_ADDRESSES = 16;
/** Records are asked for again when this part of their life is over (RFC 6762, 5.2). */
const REFRESH_AT = 0.8;

export class RecordCache {
  readonly #instances = new Map<string, InstanceRecords>();
  readonly #hosts = new Map<string, Map<string, Held<true>>>();
  /** Host to the instances on it. */
  readonly #users = new Map<string, Set<string>>();

  /** @returns whether there was room */
  putPointer(name: string, ttl: number, now: number): boolean {
    const key = name.toLowerCase();
    const known = this.#instances.get(key);
    const pointer = held(true as const, ttl, now);
    if (known !== undefined) known.pointer = pointer;
    else if (this.#instances.size >= MAX_INSTANCES) return false;
    else this.#instances.set(key, { name, pointer, service: null, txt: null });
    return true;
  }

  /** Nothing for an instance that nobody points to. */
  putService(name: string, service: Service, ttl: number, now: number): void {
    const records = this.#instances.get(name.toLowerCase());
    if (records === undefined) return;
    this.#unlink(records);
    records.service = held(service, ttl, now);
    const users = this.#users.get(service.target) ?? new Set();
    users.add(name.toLowerCase());
    this.#users.set(service.target, users);
  }

  putText(name: string, txt: readonly string[], ttl: number, now: number): void {
    const records = this.#instances.get(name.toLowerCase());
    if (records !== undefined) records.txt = held(txt, ttl, now);
  }

  /** @param flush the host has no other addresses of the family any more. @returns the instances on that host */
  putAddress(host: string, address: string, ttl: number, flush: boolean, now: number): Iterable<string> {
    const key = host.toLowerCase();
    const addresses = this.#hosts.get(key) ?? new Map<string, Held<true>>();
    if (flush) {
      for (const other of addresses.keys()) {
        if (other.includes(':') === address.includes(':')) addresses.delete(other);
      }
    }
    if (ttl === 0) addresses.delete(address);
    else if (addresses.size < MAX_ADDRESSES) addresses.set(address, held(true, ttl, now));
    if (addresses.size === 0) this.#hosts.delete(key);
    else if (this.#hosts.has(key) || this.#hosts.size < MAX_HOSTS) this.#hosts.set(key, addresses);
    return this.#users.get(key) ?? [];
  }

  remove(name: string): void {
    const key = name.toLowerCase();
    const records = this.#instances.get(key);
    if (records === undefined) return;
    this.#unlink(records);
    this.#instances.delete(key);
  }

  removeService(name: string): void {
    const records = this.#instances.get(name.toLowerCase());
    if (records === undefined) return;
    this.#unlink(records);
    records.service = null;
  }

  removeText(name: string): void {
    const records = this.#instances.get(name.toLowerCase());
    if (records !== undefined) records.txt = null;
  }

  /** null: something is missing yet, or it is gone. */
  complete(name: string): CompleteInstance | null {
    const records = this.#instances.get(name.toLowerCase());
    if (records?.service == null || records.txt === null) return null;
    const service = records.service.value;
    const addresses = [...(this.#hosts.get(service.target)?.keys() ?? [])];
    if (addresses.length === 0) return null;
    addresses.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
    return { name: records.name, service, txt: records.txt.value, addresses };
  }

  names(): IterableIterator<string> {
    return this.#instances.keys();
  }

  /** @returns the names of the instances that changed with it */
  expire(now: number): Set<string> {
    const changed = new Set<string>();
    for (const [key, records] of this.#instances) {
      if (isOver(records.pointer, now)) {
        this.remove(key);
        changed.add(key);
        continue;
      }
      if (records.service !== null && isOver(records.service, now)) this.removeService(key);
      else if (records.txt === null || !isOver(records.txt, now)) continue;
      else records.txt = null;
      changed.add(key);
    }
    for (const [host, addresses] of this.#hosts) {
      for (const [address, record] of addresses) {
        if (!isOver(record, now)) continue;
        addresses.delete(address);
        for (const user of this.#users.get(host) ?? []) changed.add(user);
      }
      if (addresses.size === 0) this.#hosts.delete(host);
    }
    return changed;
  }

  /** What should be asked for: it is missing or soon over. */
  *wanted(now: number): Generator<{ readonly name: string; readonly type: 'SRV' | 'TXT' | 'A' }> {
    for (const { name, service, txt } of this.#instances.values()) {
      if (service === null || isOld(service, now)) yield { name, type: 'SRV' };
      if (txt === null || isOld(txt, now)) yield { name, type: 'TXT' };
      const target = service?.value.target;
      if (target === undefined) continue;
      const addresses = this.#hosts.get(target);
      if (addresses === undefined || [...addresses.values()].every((record) => isOld(record, now))) {
        yield { name: target, type: 'A' };
      }
    }
  }

  #unlink({ name, service }: InstanceRecords): void {
    if (service === null) return;
    const users = this.#users.get(service.value.target);
    users?.delete(name.toLowerCase());
    if (users?.size === 0) this.#users.delete(service.value.target);
  }
}

function held<T>(value: T, ttl: number, now: number): Held<T> {
  return { value, heldAt: now, expiresAt: now + 1_000 * Math.min(ttl, MAX_TTL) };
}

function isOver({ expiresAt }: Held<unknown>, now: number): boolean {
  return expiresAt <= now;
}

function isOld({ heldAt, expiresAt }: Held<unknown>, now: number): boolean {
  return now - heldAt > REFRESH_AT * (expiresAt - heldAt);
}

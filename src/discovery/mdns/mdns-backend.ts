/**
 * Multicast DNS with service discovery (RFC 6762, 6763), IPv4. There is no server that knows everything: one asks who is
 * there, listens to who comes and goes, and forgets whose records are over.
 */
import type { Answer, Packet } from 'dns-packet';
import multicastDns, { type MulticastDNS } from 'multicast-dns';
import type { BackendSettings } from '../../config/schema/discovery.ts';
import type { Backend, Session } from '../backend.ts';
import { pause } from '../pause.ts';
import { entryOf } from './entry.ts';
import { RecordCache } from './record-cache.ts';

const DOMAIN = 'local';
/** Those who are there answer within this time; then the first list is told. Milliseconds. */
const FIRST_ANSWERS = 500;
const SWEEP_INTERVAL = 1_000;
/** Questions of one packet. */
const MAX_QUESTIONS = 40;
/** What is missing is asked for, but not by more packets than this a second. */
const MAX_PACKETS = 25;

export class MdnsBackend implements Backend {
  readonly #settings: BackendSettings['mdns'];
  /** Full names of the types, lower case. */
  readonly #types: ReadonlySet<string>;

  constructor(settings: BackendSettings['mdns']) {
    this.#settings = settings;
    this.#types = new Set(settings.service_types.map((type) => `${type}.${DOMAIN}`.toLowerCase()));
  }

  async watch(session: Session): Promise<void> {
    const { port, interface: address } = this.#settings;
    const cache = new RecordCache();
    const socket = multicastDns({
      port,
      reuseAddr: true,
      ...(address === undefined ? {} : { interface: address }),
      // Bound to the address of an interface, a socket does not hear what is sent to the group.
      bind: '0.0.0.0',
    } as multicastDns.Options);
    try {
      await Promise.race([failure(socket), this.#follow(socket, cache, session)]);
    } finally {
      socket.destroy();
    }
  }

  async #follow(socket: MulticastDNS, cache: RecordCache, session: Session): Promise<void> {
    const { signal } = session;
    let isListed = false;
    const tell = (names: Iterable<string>): void => {
      if (!isListed) return;
      for (const name of names) tellOne(name, cache, session);
    };
    // Malformed packets are nobody's fault here; the library drops them.
    socket.on('warning', () => undefined);
    socket.on('response', (packet) => tell(this.#learn(packet as Packet, cache)));
    await new Promise<void>((resolve) => socket.on('ready', resolve));
    this.#browse(socket);
    await pause(FIRST_ANSWERS / 2, signal);
    this.#browse(socket);
    ask(socket, cache);
    await pause(FIRST_ANSWERS / 2, signal);
    isListed = true;
    session.replace([...cache.names()].flatMap((name) => entryNamed(name, cache) ?? []));
    let askedAt = performance.now();
    while (!signal.aborted) {
      await pause(Math.min(SWEEP_INTERVAL, this.#settings.query_interval), signal);
      const now = performance.now();
      tell(cache.expire(now));
      if (now - askedAt >= this.#settings.query_interval) {
        this.#browse(socket);
        askedAt = now;
      }
      ask(socket, cache);
    }
  }

  #browse(socket: MulticastDNS): void {
    socket.query([...this.#types].map((name) => ({ name, type: 'PTR' as const })));
  }

  /** @returns the instances that may be other now */
  #learn({ answers = [], additionals = [] }: Packet, cache: RecordCache): Set<string> {
    const now = performance.now();
    const touched = new Set<string>();
    const records = [...answers, ...additionals];
    // A pointer may stand behind what it points to.
    for (const record of records) if (record.type === 'PTR') this.#learnPointer(record, cache, touched, now);
    const flushed = new Set<string>();
    for (const record of records) learnOther(record, cache, touched, flushed, now);
    return touched;
  }

  #learnPointer(record: Answer, cache: RecordCache, touched: Set<string>, now: number): void {
    if (record.type !== 'PTR' || !this.#types.has(record.name.toLowerCase())) return;
    const instance = record.data;
    // Goodbye (RFC 6762, 10.1).
    if (record.ttl === 0) cache.remove(instance);
    else cache.putPointer(instance, record.ttl ?? 0, now);
    touched.add(instance.toLowerCase());
  }
}

function learnOther(
  record: Answer,
  cache: RecordCache,
  touched: Set<string>,
  flushed: Set<string>,
  now: number,
): void {
  if (record.type === 'SRV') {
    const { port, target } = record.data;
    if (record.ttl === 0) cache.removeService(record.name);
    else cache.putService(record.name, { port, target: target.toLowerCase() }, record.ttl ?? 0, now);
    touched.add(record.name.toLowerCase());
  } else if (record.type === 'TXT') {
    const parts = Array.isArray(record.data) ? record.data : [record.data];
    if (record.ttl === 0) cache.removeText(record.name);
    else cache.putText(record.name, parts.map(String), record.ttl ?? 0, now);
    touched.add(record.name.toLowerCase());
  } else if (record.type === 'A' || record.type === 'AAAA') {
    // An address of the link without its interface leads nowhere.
    if (/^fe80:/i.test(record.data)) return;
    const key = `${record.type} ${record.name}`;
    const flush = record.flush === true && !flushed.has(key);
    flushed.add(key);
    for (const user of cache.putAddress(record.name, record.data, record.ttl ?? 0, flush, now))
      touched.add(user);
  }
}

function tellOne(name: string, cache: RecordCache, session: Session): void {
  const entry = entryNamed(name, cache);
  if (entry === null) session.delete(name);
  else session.set(entry);
}

function entryNamed(name: string, cache: RecordCache) {
  const complete = cache.complete(name);
  return complete === null ? null : entryOf(complete);
}

function ask(socket: MulticastDNS, cache: RecordCache): void {
  let questions: { name: string; type: 'SRV' | 'TXT' | 'A' }[] = [];
  let packets = 0;
  for (const question of cache.wanted(performance.now())) {
    questions.push(question);
    if (questions.length < MAX_QUESTIONS) continue;
    socket.query(questions);
    questions = [];
    if (++packets === MAX_PACKETS) return;
  }
  if (questions.length > 0) socket.query(questions);
}

function failure(socket: MulticastDNS): Promise<never> {
  return new Promise((_, reject) => socket.on('error', reject));
}

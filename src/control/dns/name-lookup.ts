/** Finds the addresses of one name: hosts file, then DNS, then whatever else the system asks (search domains, mDNS). */
import { lookup, Resolver } from 'node:dns/promises';
import { oneFamily } from '../../shared/address-family.ts';
import { Semaphore } from '../../shared/semaphore.ts';
import type { HostsFile } from './hosts-file.ts';

export interface NameAnswer {
  /** At least one, all of one family. */
  readonly addresses: readonly string[];
  /** Milliseconds for which the answer holds; null if whoever answered does not tell. */
  readonly ttl: number | null;
}

/** Why a name has no address, as one sentence part: `no such name`, `10.0.0.2 did not answer in time`. */
export class NameError extends Error {}

/** What every other program of the machine uses: getaddrinfo. */
export type SystemLookup = (name: string) => Promise<readonly { readonly address: string }[]>;

const getaddrinfo: SystemLookup = (name) => lookup(name, { all: true, verbatim: true });

const QUERY_TIMEOUT = 2_000;
const QUERY_TRIES = 2;
/** getaddrinfo blocks a thread of the pool that file access needs too; a name server that is down must not take it all. */
const SYSTEM_LOOKUPS = 2;

/** Answers that say for certain that the name has no such record. */
const NOTHING_THERE = new Set(['ENODATA', 'ENOTFOUND']);

const REASONS: Readonly<Record<string, string>> = {
  ENODATA: 'the name has no addresses',
  ENOTFOUND: 'no such name',
  ETIMEOUT: 'no name server answered in time',
  ECONNREFUSED: 'no name server listens',
  ESERVFAIL: 'the name server failed',
  EREFUSED: 'the name server refused to answer',
  EBADRESP: 'the name server sent a malformed answer',
  EAI_AGAIN: 'no name server answered',
};

export class NameLookup {
  readonly #servers: readonly string[];
  readonly #hosts: HostsFile;
  readonly #systemLookup: SystemLookup;
  readonly #parallel = new Semaphore(SYSTEM_LOOKUPS);
  #resolver: Resolver;

  /** @param servers `ip` or `ip:port`, IPv6 in brackets; empty means those of the system */
  constructor(servers: readonly string[], hosts: HostsFile, systemLookup: SystemLookup = getaddrinfo) {
    this.#servers = servers;
    this.#hosts = hosts;
    this.#systemLookup = systemLookup;
    this.#resolver = this.#createResolver();
  }

  /** @throws NameError */
  async resolve(name: string): Promise<NameAnswer> {
    const listed = this.#hosts.lookup(name);
    if (listed.length > 0) return { addresses: oneFamily(listed), ttl: null };
    // RFC 6761 section 6.3: these are the machine itself, and no name server may say otherwise.
    if (name === 'localhost' || name.endsWith('.localhost')) return { addresses: ['127.0.0.1'], ttl: null };
    const ownServers = this.#servers.length > 0;
    // A single label gets its meaning from the search domains, which only the system's resolver applies.
    if (!name.includes('.') && !ownServers) return this.#askSystem(name);
    try {
      return await this.#query(name);
    } catch (error) {
      const code = codeOf(error);
      if (!NOTHING_THERE.has(code)) {
        if (ownServers) throw new NameError(REASONS[code] ?? code);
        this.#resolver = this.#createResolver();
      }
      return this.#askSystem(name);
    }
  }

  /** Ends the queries under way; they fail. */
  cancel(): void {
    this.#resolver.cancel();
  }

  /** Reads resolv.conf: made anew after a failure, because the file may have changed with the network. */
  #createResolver(): Resolver {
    const resolver = new Resolver({ timeout: QUERY_TIMEOUT, tries: QUERY_TRIES });
    if (this.#servers.length > 0) resolver.setServers(this.#servers);
    return resolver;
  }

  async #query(name: string): Promise<NameAnswer> {
    const [v4, v6] = await Promise.allSettled([
      this.#resolver.resolve4(name, { ttl: true }),
      this.#resolver.resolve6(name, { ttl: true }),
    ]);
    const records = [v4, v6].flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    if (records.length > 0) {
      const ttl = Math.min(...records.map((record) => record.ttl)) * 1000;
      return { addresses: oneFamily(records.map((record) => record.address)), ttl };
    }
    const reasons = [v4, v6].flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    // "No AAAA record" must not hide that the question for A went unanswered.
    throw (
      reasons.find((reason) => !NOTHING_THERE.has(codeOf(reason))) ??
      reasons[0] ??
      new NameError('no addresses')
    );
  }

  async #askSystem(name: string): Promise<NameAnswer> {
    try {
      const found = await this.#parallel.run(() => this.#systemLookup(name));
      return { addresses: oneFamily(found.map(({ address }) => address)), ttl: null };
    } catch (error) {
      const code = codeOf(error);
      throw new NameError(REASONS[code] ?? code);
    }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

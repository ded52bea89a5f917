/** Addresses of the hosts that SRV records name, and of names whose addresses are the instances. */
import { isIP } from 'node:net';
import type { Answer, StringAnswer } from 'dns-packet';
import { oneFamily } from '../../shared/address-family.ts';
import type { DnsAnswer, DnsClient } from './dns-client.ts';

/** A bound on memory, no more: hosts that are gone are not looked for. */
const MAX_KNOWN = 20_000;

export interface Addresses {
  readonly list: readonly string[];
  readonly ttl: number | null;
}

/** Many services run on few hosts: each host is asked for once, as long as the answer holds. */
export class TargetCache {
  readonly #client: DnsClient;
  readonly #known = new Map<string, { readonly answer: Promise<Addresses>; until: number }>();

  constructor(client: DnsClient) {
    this.#client = client;
  }

  addressesOf(target: string): Promise<Addresses> {
    const now = performance.now();
    const known = this.#known.get(target);
    if (known !== undefined && known.until > now) return known.answer;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const answer = addressesOf(this.#client, target);
    // Until it is there, whoever asks waits for the same answer.
    const entry = { answer, until: Number.POSITIVE_INFINITY };
    this.#known.set(target, entry);
    const keepFor = (seconds: number): void => {
      entry.until = performance.now() + seconds * 1_000;
    };
    answer.then(({ ttl }) => keepFor(ttl ?? 0)).catch(() => keepFor(0));
    return answer;
  }
}

/** Both families are asked; one that has no answer does not hide the other. */
export async function addressesOf(client: DnsClient, name: string): Promise<Addresses> {
  if (isIP(name) !== 0) return { list: [name], ttl: null };
  const results = await Promise.allSettled([client.query(name, 'A'), client.query(name, 'AAAA')]);
  const answers = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const records = answers.flatMap((answer) => answer.answers.filter(isAddress));
  const failure = results.find((result) => result.status === 'rejected');
  if (records.length === 0 && failure !== undefined) throw failure.reason;
  const withRecords = answers.filter((answer) => answer.answers.some(isAddress));
  const counted = withRecords.length > 0 ? withRecords : answers;
  return { list: sorted(records.map(({ data }) => data)), ttl: smallest(counted.map(ttlOf)) };
}

export function addressesIn(records: readonly Answer[], name: string): Addresses | null {
  const found = records
    .filter(isAddress)
    .filter((record) => record.name.toLowerCase() === name.toLowerCase());
  if (found.length === 0) return null;
  return { list: sorted(found.map(({ data }) => data)), ttl: smallest(found.map(({ ttl }) => ttl ?? null)) };
}

function isAddress(record: Answer): record is StringAnswer {
  return record.type === 'A' || record.type === 'AAAA';
}

/** Name servers rotate their answers: another order is no change. */
function sorted(addresses: readonly string[]): string[] {
  return [...new Set(oneFamily(addresses))].sort();
}

/** Of a chain of aliases the shortest counts. */
export function ttlOf({ answers, negativeTtl }: DnsAnswer): number | null {
  if (answers.length === 0) return negativeTtl;
  return smallest(answers.map((record) => ('ttl' in record ? (record.ttl ?? null) : null)));
}

export function smallest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

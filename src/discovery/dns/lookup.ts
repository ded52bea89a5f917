/** From DNS records to the instances of a service. */
import { isIP } from 'node:net';
import type { BackendSettings } from '../../config/schema/discovery.ts';
import type { Entry, Refusal } from '../backend.ts';
import type { ServiceInstance } from '../provider.ts';
import { type ReadInstance, readInstance } from '../read-instance.ts';
import { scaleWeights } from '../weights.ts';
import type { DnsClient } from './dns-client.ts';
import { type Addresses, addressesIn, addressesOf, smallest, type TargetCache, ttlOf } from './targets.ts';

export type DnsService = BackendSettings['dns']['services'][number];

export interface Lookup {
  readonly entry: Entry;
  /** Seconds; null when nobody says how long it holds. */
  readonly ttl: number | null;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @throws Error when no name server has an answer */
export function lookUp(client: DnsClient, known: TargetCache, service: DnsService): Promise<Lookup> {
  return service.type === 'srv' ? lookUpSrv(client, known, service) : lookUpAddresses(client, service);
}

async function lookUpAddresses(client: DnsClient, service: DnsService): Promise<Lookup> {
  const { list, ttl } = await addressesOf(client, service.record);
  const places = list.map((host) => ({ host, port: service.port ?? 0, weight: 100, metadata: {} }));
  return { entry: entryOf(service, places), ttl };
}

/** RFC 2782. */
async function lookUpSrv(client: DnsClient, known: TargetCache, service: DnsService): Promise<Lookup> {
  const answer = await client.query(service.record, 'SRV');
  // A lone "." says that the service is decidedly not there.
  const records = answer.answers.flatMap((one) => (one.type === 'SRV' && one.data.target !== '.' ? one : []));
  const targets = new Map<string, Addresses>();
  await Promise.all(
    [...new Set(records.map(({ data }) => data.target))].map(async (target) =>
      targets.set(target, addressesIn(answer.additionals, target) ?? (await known.addressesOf(target))),
    ),
  );
  const first = Math.min(...records.map(({ data }) => data.priority ?? 0));
  const inUse = records.filter(({ data }) => (data.priority ?? 0) === first);
  const weights = scaleWeights(
    inUse.map(({ data }) => data.weight ?? 0),
    -1,
  );
  const refusals: Refusal[] = [];
  const places = records.flatMap((record) => {
    const { target, port, priority = 0, weight = 0 } = record.data;
    const { list } = targets.get(target)!;
    if (list.length === 0) refusals.push({ subject: service.record, reason: `${target} has no address` });
    return list.map((host) => ({
      host,
      port,
      // Those behind wait until the records say that it is their turn.
      weight: priority === first ? weights[inUse.indexOf(record)]! : 0,
      metadata: { 'dns.target': target, 'dns.priority': String(priority), 'dns.weight': String(weight) },
    }));
  });
  const ttls = [ttlOf(answer), ...[...targets.values()].map(({ ttl }) => ttl)];
  return { entry: entryOf(service, places, refusals), ttl: smallest(ttls) };
}

function entryOf(service: DnsService, places: readonly Place[], refusals: readonly Refusal[] = []): Entry {
  const read: ReadInstance[] = places.map(({ host, port, weight, metadata }) => {
    const address = isIP(host) === 6 ? `[${host}]` : host;
    const registration = {
      id: `${address}:${port}`,
      service: service.name,
      address: host,
      port,
      tls: service.tls,
    };
    return readInstance(
      { ...registration, weight, metadata: { ...metadata, ...service.metadata } },
      `${service.record} ${address}:${port}`,
    );
  });
  const byAddress = (a: ServiceInstance, b: ServiceInstance): number => (a.id < b.id ? -1 : 1);
  return {
    key: `${service.name} ${service.record}`,
    instances: read.flatMap(({ instance }) => instance ?? []).sort(byAddress),
    refusals: [...refusals, ...read.flatMap((one) => one.refusals)],
  };
}

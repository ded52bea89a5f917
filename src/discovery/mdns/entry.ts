/** From the records of an instance to an entry: the keys of Forge and those of the FARP library (protocol digest 6.2). */
import type { Entry } from '../backend.ts';
import { readInstance } from '../read-instance.ts';
import type { CompleteInstance } from './record-cache.ts';

const NESTED = 'farp.meta.';

/** null: it does not say that it speaks FARP, as most of what is on a link does not. */
export function entryOf({ name, service, txt, addresses }: CompleteInstance): Entry | null {
  const metadata = metadataOf(txt);
  if (metadata['farp.enabled'] !== 'true') return null;
  const label = instanceLabel(name);
  const { instance, refusals } = readInstance(
    {
      id: metadata['id'] ?? metadata['farp.id'] ?? label,
      service: metadata['name'] ?? metadata['farp.service'] ?? label,
      version: metadata['version'] ?? metadata['farp.version'],
      address: addresses[0],
      port: service.port,
      tls: metadata['tls'] === 'true',
      status: metadata['farp.status'],
      tags: metadata['tags']?.split(',').filter((tag) => tag !== '') ?? [],
      metadata,
    },
    name,
  );
  return { key: name.toLowerCase(), instances: instance === null ? [] : [instance], refusals };
}

/** Keys know no case (RFC 6763, 6.4); of two with the same key the first counts. A key without `=` is there, with no value. */
function metadataOf(txt: readonly string[]): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const text of txt) {
    const equals = text.indexOf('=');
    const key = (equals < 0 ? text : text.slice(0, equals)).toLowerCase();
    if (key === '') continue;
    const value = equals < 0 ? '' : text.slice(equals + 1);
    metadata[key] ??= value;
    if (key.startsWith(NESTED) && key.length > NESTED.length) metadata[key.slice(NESTED.length)] ??= value;
  }
  return { ...metadata };
}

/** `My\.Name._farp._tcp.local`: what stands before the type; the library hands dots within it over as they are. */
function instanceLabel(name: string): string {
  const type = /\._[^.]+\._(?:tcp|udp)\.[^.]+\.?$/i.exec(name);
  return type === null ? name : name.slice(0, type.index);
}

import type { Instance, Manifest, Service } from '../model.ts';

/** For log and history; `''` when it is not worth a line. */
export function differences(before: Service, after: Service): string {
  const told: string[] = [];
  const count = usable(after.instances);
  if (usable(before.instances) !== count) told.push(`instances ${usable(before.instances)} to ${count}`);
  if (before.manifest !== after.manifest)
    told.push(after.manifest === null ? 'no manifest any more' : `manifest ${versionOf(after.manifest)}`);
  for (const { type, digest } of after.schemas) {
    const old = before.schemas.find((schema) => schema.type === type);
    if (old?.digest !== digest) told.push(`schema ${type} ${old === undefined ? 'new' : 'changed'}`);
  }
  for (const { type } of before.schemas)
    if (!after.schemas.some((schema) => schema.type === type)) told.push(`schema ${type} gone`);
  return told.join(', ');
}

function usable(instances: readonly Instance[]): number {
  return instances.filter(({ status }) => status === 'healthy' || status === 'degraded').length;
}

function versionOf({ serviceVersion, checksum }: Manifest): string {
  return [serviceVersion, checksum.slice(0, 8)].filter((part) => part !== '').join(' ') || 'without version';
}

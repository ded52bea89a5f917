import type { Config } from './schema/schema.ts';

/** Whether routes may come from services, beside those in the files. */
export function wantsDiscovery({ discovery, farp }: Config): boolean {
  return farp.enabled || discovery.backend !== undefined || discovery.backends.length > 0;
}

import type { Config } from '../config/schema/schema.ts';
import { wantsDiscovery } from '../config/wants-discovery.ts';

/** What the commands that only read the files have to add; '' where the files are all. */
export function servicesNote(config: Config): string {
  if (!wantsDiscovery(config)) return '';
  return 'note: routes of services are not in the files; GET /_/routes of the admin API lists those in force\n';
}

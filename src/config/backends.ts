/** Which backends discovery watches, and with what: apart from the schemas, which the primary thread does without. */
import type { BackendName, BackendSettings, DiscoveryConfig } from './schema/discovery.ts';

/** The backends to be watched, each once, in the order in which they are named. */
export function configuredBackends({
  backend,
  backends,
}: Pick<DiscoveryConfig, 'backend' | 'backends'>): BackendName[] {
  return [...new Set(backend === undefined ? backends : [backend, ...backends])];
}

/** Settings of a backend that is to be watched. @throws TypeError for any other */
export function settingsOf<Name extends BackendName>(
  discovery: DiscoveryConfig,
  name: Name,
): BackendSettings[Name] {
  const settings = discovery[name];
  if (settings === undefined) throw new TypeError(`no settings of ${name} were loaded`);
  return settings as BackendSettings[Name];
}

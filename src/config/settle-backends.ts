import { configuredBackends } from './backends.ts';
import { backendSettings, type DiscoveryConfig } from './schema/discovery.ts';

/** A backend that is named without settings gets its defaults, so that nobody needs the schemas later. */
export function settleBackends(discovery: DiscoveryConfig): void {
  const settings: { [name: string]: unknown } = discovery;
  for (const name of configuredBackends(discovery)) settings[name] ??= backendSettings[name].parse({});
}

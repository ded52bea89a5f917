import type { ServiceInstance } from '../../discovery/provider.ts';
import type { Manifest } from '../model.ts';

/** An instance that registered itself, as the registry publishes it. */
export interface PushedInstance extends ServiceInstance {
  /** As sent with the registration; null when none was: it is to be fetched. */
  readonly manifest: Manifest | null;
  /** Documents that a registration of the older kind brought along, by schema type. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Grows when the service says that something of it is new: a reason to fetch at once. */
  readonly revision: number;
}

export function isPushed(instance: ServiceInstance): instance is PushedInstance {
  return 'revision' in instance;
}

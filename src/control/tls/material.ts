/** Certificates and keys that were read for a configuration. */
import type { Config } from '../../config/schema/schema.ts';
import type { TlsSettings, UpstreamCredentials } from '../../shared/tls-settings.ts';

export interface TlsMaterial {
  /** Null when TLS towards clients is off. */
  readonly server: TlsSettings | null;
  readonly credentials: UpstreamCredentials;
}

const NONE: TlsMaterial = { server: null, credentials: {} };

/** Beside the configuration and not in it: what is shown, logged or sent with a configuration never holds a key. */
const materials = new WeakMap<Config, TlsMaterial>();

export function rememberTls(config: Config, material: TlsMaterial): void {
  materials.set(config, material);
}

export function tlsOf(config: Config): TlsMaterial {
  return materials.get(config) ?? NONE;
}

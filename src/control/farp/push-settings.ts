import { createHash } from 'node:crypto';
import type { Config } from '../../config/schema/schema.ts';
import { isLoopbackHost } from '../../farp/push/address.ts';
import type { PushCredential, PushSettings } from '../../farp/push/settings.ts';

/** Registrations as the configuration wants them. Without credentials they are taken on loopback only, unless it says so. */
export function pushSettings({ farp, server }: Config): PushSettings {
  const { push, checks } = farp;
  return {
    closed: closedBecause(farp, server.host),
    auth: push.auth.credentials.length > 0 ? 'bearer' : 'none',
    credentials: push.auth.credentials.map(credentialOf),
    heartbeatTimeout: push.heartbeat_timeout,
    probeInterval: push.probe_interval,
    unreachableTimeout: push.unreachable_timeout,
    registrationsPerMinute: push.registrations_per_minute,
    strict: checks.manifests === 'strict',
    checksum: checks.checksum,
  };
}

function closedBecause({ enabled, push }: Config['farp'], host: string): string | null {
  if (!enabled) return 'farp.enabled is false';
  if (!push.enabled) return 'farp.push.enabled is false';
  if (push.auth.credentials.length > 0 || push.auth.type === 'none' || isLoopbackHost(host)) return null;
  return 'registrations need farp.push.auth: credentials, or type none';
}

function credentialOf({
  name,
  token,
  token_hash: hash,
  services,
}: Config['farp']['push']['auth']['credentials'][number]): PushCredential {
  const digest =
    hash === undefined
      ? createHash('sha256')
          .update(token ?? '')
          .digest()
      : Buffer.from(hash.slice('sha256:'.length), 'hex');
  return { name, digest, services };
}

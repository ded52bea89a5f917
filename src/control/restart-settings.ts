/** Settings that are read once, at the start. A reload that changes them says so and leaves them as they are. */
import type { Config } from '../config/schema/schema.ts';
import { adminAddress } from '../config/settings.ts';
import { formatHostPort } from '../config/values.ts';

/** @returns one sentence for each setting of `next` that will count only after a restart */
export function restartWarnings(running: Config, next: Config): string[] {
  const before = startSettings(running);
  const after = startSettings(next);
  return Object.keys(after)
    .filter((name) => before[name] !== after[name])
    .map(
      (name) => `${name} changed from ${before[name]} to ${after[name]}; this takes effect after a restart`,
    );
}

function startSettings(config: Config): Record<string, string> {
  const { server, admin, tls } = config;
  const { host, port } = adminAddress(config);
  return {
    'server.host': server.host,
    'server.http_port': String(server.http_port),
    'tls.enabled': String(tls.enabled),
    'server.https_port': tls.enabled ? String(server.https_port) : 'none',
    'server.workers': String(server.workers),
    'server.pin_cpus': String(server.pin_cpus),
    'server.direct_sockets': String(server.direct_sockets),
    'server.io_uring': String(server.io_uring),
    'server.engine': server.engine,
    'admin.enabled': String(admin.enabled),
    'the admin address': admin.enabled ? formatHostPort(host, port) : 'none',
  };
}

/** Faults that only show when several settings are seen together. */
import { isIP } from 'node:net';
import { checkFarp } from './farp-check.ts';
import type { Problems } from './problems.ts';
import { PLACEHOLDER_HASH } from './schema/platform.ts';
import type { Config } from './schema/schema.ts';
import { adminAddress } from './settings.ts';
import { checkTls } from './tls-check.ts';
import { type ConfigNode, nodeAt, placeOf, placeOfKey } from './tree.ts';
import { checkUws } from './uws-check.ts';
import { formatHostPort } from './values.ts';

/** Sections that were refused are left out. */
export type Settings = Partial<Pick<Config, 'server' | 'admin' | 'tls' | 'farp' | 'observability'>>;

export function checkSettings(
  { server, admin, tls, farp, observability }: Settings,
  root: ConfigNode,
  problems: Problems,
): void {
  if (server && admin) {
    checkPorts(server, admin, tls?.enabled === true, root, problems);
    checkAdmin(server, admin, root, problems);
  }
  if (farp) checkFarp(farp, root, problems);
  if (
    farp?.enabled &&
    farp.push.enabled &&
    farp.push.auth.type === 'none' &&
    server &&
    !isLoopback(server.host)
  ) {
    problems.warning(
      placeOf(root, ['farp', 'push', 'auth', 'type']),
      `farp.push.auth: whoever reaches ${formatHostPort(server.host, server.http_port)} can register services; give credentials`,
    );
  }
  if (tls) checkTls(tls, server?.https_port ?? 8443, root, problems);
  if (server?.engine === 'uws') checkUws(server, tls, root, problems);
  if (server && server.dns.min_ttl > server.dns.max_ttl) {
    problems.error(placeOf(root, ['server', 'dns']), 'server.dns: min_ttl is longer than max_ttl');
  }
  if (observability?.tracing.enabled && observability.tracing.endpoint === undefined) {
    problems.error(
      placeOf(root, ['observability', 'tracing']),
      'observability.tracing: "endpoint" is missing; tell where spans are sent, such as http://collector:4317',
    );
  }
}

interface Listener {
  readonly path: readonly string[];
  readonly host: string;
  readonly port: number;
}

function checkPorts(
  server: Config['server'],
  admin: Config['admin'],
  https: boolean,
  root: ConfigNode,
  problems: Problems,
): void {
  const listeners: Listener[] = [
    { path: ['server', 'http_port'], host: server.host, port: server.http_port },
  ];
  if (https || nodeAt(root, ['server', 'https_port']) !== undefined) {
    listeners.push({ path: ['server', 'https_port'], host: server.host, port: server.https_port });
  }
  if (admin.enabled) {
    const path = admin.address === undefined ? ['server', 'admin_port'] : ['admin', 'address'];
    listeners.push({ path, ...adminAddress({ server, admin }) });
  }
  listeners.forEach((listener, index) => {
    const other = listeners.slice(0, index).find((earlier) => clash(earlier, listener));
    if (other === undefined) return;
    // The later of the two may be a default: then the place to look at is the one that was written.
    const written = nodeAt(root, listener.path) === undefined ? other.path : listener.path;
    problems.error(
      placeOf(root, written),
      `${listener.path.join('.')} and ${other.path.join('.')} are both port ${listener.port}; give one of them another`,
    );
  });
}

function clash(a: Listener, b: Listener): boolean {
  return (
    a.port !== 0 && a.port === b.port && (a.host === b.host || isAnyAddress(a.host) || isAnyAddress(b.host))
  );
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function checkAdmin(
  server: Config['server'],
  admin: Config['admin'],
  root: ConfigNode,
  problems: Problems,
): void {
  const address = adminAddress({ server, admin });
  if (
    admin.address !== undefined &&
    nodeAt(root, ['server', 'admin_port']) !== undefined &&
    address.port !== server.admin_port
  ) {
    problems.error(
      placeOf(root, ['admin', 'address']),
      `admin.address says port ${address.port} but server.admin_port says ${server.admin_port}; take one of them out`,
    );
  }
  if (!admin.enabled) return;
  if (admin.auth.type === 'none') {
    for (const key of ['username', 'password_hash'] as const) {
      if (admin.auth[key] !== undefined) {
        problems.error(
          placeOfKey(root, ['admin', 'auth', key]),
          `admin.auth.${key} has no effect with type none; write type: basic`,
        );
      }
    }
    if (!isLoopback(address.host)) {
      problems.warning(
        placeOf(root, ['admin']),
        `the admin API at ${formatHostPort(address.host, address.port)} asks for no password; set admin.auth, or admin.address: 127.0.0.1:${address.port}`,
      );
    }
    return;
  }
  for (const key of ['username', 'password_hash'] as const) {
    if (admin.auth[key] === undefined) {
      problems.error(
        placeOf(root, ['admin', 'auth']),
        `admin.auth: "${key}" is missing; type basic needs username and password_hash`,
      );
    }
  }
  if (admin.auth.password_hash !== undefined && PLACEHOLDER_HASH.test(admin.auth.password_hash)) {
    problems.warning(
      placeOf(root, ['admin', 'auth', 'password_hash']),
      'admin.auth.password_hash is only a placeholder: nobody can log in; make a hash with: npx -p bcryptjs bcrypt PASSWORD',
    );
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

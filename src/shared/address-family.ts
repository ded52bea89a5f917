import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * The addresses of the family that this machine reaches, IPv4 if both: connections take the addresses of a name in turn,
 * and half of them would fail for a dual-stack name whose service, or whose way there, speaks only one.
 */
export function oneFamily(addresses: readonly string[], interfaces = networkInterfaces()): readonly string[] {
  const v4 = addresses.filter((address) => isIPv4(address));
  const v6 = addresses.filter((address) => isIPv6(address));
  if (v4.length === 0 || v6.length === 0) return v4.length > 0 ? v4 : v6;
  const outside = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter((entry) => !entry.internal);
  const onlyV6 = outside.length > 0 && outside.every((entry) => entry.family === 'IPv6');
  return onlyV6 ? v6 : v4;
}

/** Where an instance listens, in whichever way its registration spells it. */
import { isIP } from 'node:net';
import { parseHostPort } from '../config/values.ts';

export interface InstanceAddress {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/**
 * Reads what the libraries write: `host` with `port`, `host:port` with port 0, `host:port` with the same port once more
 * (protocol digest 4 and 14, row 21), and a URL for good measure.
 *
 * @returns null when it is none of them
 */
export function parseInstanceAddress(address: string, port: number): InstanceAddress | null {
  const url = /^(https?):\/\/([^/?#]+)\/?$/i.exec(address.trim());
  const tls = url?.[1]?.toLowerCase() === 'https';
  const authority = url?.[2] ?? address.trim();
  // A bare IPv6 address has more than one colon and no brackets.
  const bracketed = isIP(authority) === 6 ? `[${authority}]` : authority;
  const defaultPort = port > 0 ? port : url === null ? 0 : tls ? 443 : 80;
  const parsed = parseHostPort(bracketed, defaultPort);
  if (parsed === null || parsed.port < 1 || parsed.port > 65_535) return null;
  return { host: parsed.host, port: parsed.port, tls };
}

/** The small notations of the configuration that nobody else needs. Durations and sizes are in `shared/units.ts`. */
import { isIP } from 'node:net';
import { IpSet } from '../shared/ip.ts';

/** Anchored, as JSON Schema wants them, so that an editor refuses what the gateway refuses. */
export const DURATION_PATTERN = '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$';
export const SIZE_PATTERN = '^\\d+(\\.\\d+)?\\s*([kKmMgG][iI]?)?[bB]$';

const RANGE = /^(\d{3})\s*-\s*(\d{3})$/;
const STATUS_CLASS = /^([1-5])xx$/i;

/** `20%` or `0.2` as a share from 0 to 1. */
export function parsePercent(value: string | number): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(String(value));
  if (match === null) return null;
  const share = match[2] === '%' ? Number(match[1]) / 100 : Number(match[1]);
  return share <= 1 ? share : null;
}

/** `200`, `200-399` or `2xx` as an inclusive range. */
export function parseStatusRange(value: string | number): readonly [low: number, high: number] | null {
  const text = String(value);
  const whole = STATUS_CLASS.exec(text);
  if (whole !== null) return [Number(whole[1]) * 100, Number(whole[1]) * 100 + 99];
  const range = RANGE.exec(text);
  const low = range === null ? Number(text) : Number(range[1]);
  const high = range === null ? low : Number(range[2]);
  return Number.isInteger(low) && low >= 100 && high <= 599 && low <= high ? [low, high] : null;
}

/** Whether the text is an IP address, or a block of them such as `10.0.0.0/8`. */
export function isCidr(text: string): boolean {
  try {
    new IpSet([text]);
    return true;
  } catch {
    return false;
  }
}

export interface HostPort {
  /** Without brackets, lower case. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, IPv6 in brackets. `defaultPort` 0 makes the port mandatory. */
export function parseHostPort(text: string, defaultPort = 0): HostPort | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const host = (match[1] ?? match[2] ?? '').toLowerCase();
  if (match[1] !== undefined ? isIP(host) !== 6 : !isHostName(host)) return null;
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if ((match[3] === undefined && defaultPort === 0) || port > 65_535) return null;
  return { host, port };
}

/** A DNS name or an IPv4 address. Underscores are let through: container networks use them. */
export function isHostName(host: string): boolean {
  if (isIP(host) === 4) return true;
  // All-numeric last labels are IPv4 addresses gone wrong (`10.0.0.256`), as the URL standard reads them too.
  if (host.length > 253 || /(^|\.)\d+\.?$/.test(host)) return false;
  return host
    .replace(/\.$/, '')
    .split('.')
    .every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
}

/** An IP address, with or without port; IPv6 without port may do without brackets. */
export function isNameServer(value: string): boolean {
  const bare = value.includes(':') && !value.includes('.') && !value.startsWith('[') ? `[${value}]` : value;
  const address = parseHostPort(bare, 53);
  return address !== null && !/[a-z]/i.test(address.host.replaceAll(/[a-f:]/gi, ''));
}

/** The spelling in which addresses are dialled, compared and shown. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

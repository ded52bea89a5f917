/** Who is asking, and what they may do. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { plainIp } from './address.ts';
import type { PushCredential, PushSettings } from './settings.ts';

export interface Principal {
  /** Owner of what it registers: `token:NAME`, `peer:ADDRESS` where nobody has to say who they are, or `admin`. */
  readonly owner: string;
  readonly services: readonly string[];
}

export const ADMIN: Principal = { owner: 'admin', services: [] };

/** @returns null when the token is missing or wrong */
export function authenticate(settings: PushSettings, authorization: string, peer: string): Principal | null {
  if (settings.auth === 'none') return { owner: `peer:${plainIp(peer)}`, services: [] };
  const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
  if (token === undefined) return null;
  const digest = createHash('sha256').update(token).digest();
  // Every one is compared, so that the time tells nothing about which.
  let found: PushCredential | null = null;
  for (const credential of settings.credentials)
    if (timingSafeEqual(credential.digest, digest)) found = credential;
  return found === null ? null : { owner: `token:${found.name}`, services: found.services };
}

export function mayServe({ services }: Principal, service: string): boolean {
  return services.length === 0 || services.some((pattern) => nameMatches(pattern, service));
}

/**
 * Whether something registered by `owner` is the principal's to change. Who has a token outranks who had none, so that
 * switching authentication on does not lock services out of their own registrations.
 */
export function owns({ owner }: Principal, other: string): boolean {
  return owner === other || owner === 'admin' || (owner.startsWith('token:') && other.startsWith('peer:'));
}

function nameMatches(pattern: string, name: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const text = name.toLowerCase();
  const [first = ''] = parts;
  if (parts.length === 1) return text === first;
  const last = parts.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

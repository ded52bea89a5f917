/** Who is asking, and what they may do. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { plainIp } from './address.js';
export const ADMIN = { owner: 'admin', services: [] };
/** @returns null when the token is missing or wrong */
export function authenticate(settings, authorization, peer) {
    if (settings.auth === 'none')
        return { owner: `peer:${plainIp(peer)}`, services: [] };
    const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
    if (token === undefined)
        return null;
    const digest = createHash('sha256').update(token).digest();
    // Every one is compared, so that the time tells nothing about which.
    let found = null;
    for (const credential of settings.credentials)
        if (timingSafeEqual(credential.digest, digest))
            found = credential;
    return found === null ? null : { owner: `token:${found.name}`, services: found.services };
}
export function mayServe({ services }, service) {
    return services.length === 0 || services.some((pattern) => nameMatches(pattern, service));
}
/**
 * Whether something registered by `owner` is the principal's to change. Who has a token outranks who had none, so that
 * switching authentication on does not lock services out of their own registrations.
 */
export function owns({ owner }, other) {
    return owner === other || owner === 'admin' || (owner.startsWith('token:') && other.startsWith('peer:'));
}
function nameMatches(pattern, name) {
    const parts = pattern.toLowerCase().split('*');
    const text = name.toLowerCase();
    const [first = ''] = parts;
    if (parts.length === 1)
        return text === first;
    const last = parts.at(-1) ?? '';
    if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
        return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
        const found = text.indexOf(part, at);
        if (found < 0 || found + part.length > text.length - last.length)
            return false;
        at = found + part.length;
    }
    return at <= text.length - last.length;
}
//# sourceMappingURL=principal.js.map
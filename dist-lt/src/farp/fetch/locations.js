/** Where the URLs of a manifest lead (protocol digest 15.4 and 16). */
import { isLoopbackHost, rewriteLoopbackUrl } from '../push/address.js';
import { FetchError } from './fetch-error.js';
export function originOf({ host, port, tls }) {
    const name = host.includes(':') ? `[${host}]` : host;
    return `${tls ? 'https' : 'http'}://${name}:${port}`;
}
/**
 * The URL of a manifest, which stands in the metadata of an instance: whoever may write those also decides where requests
 * are proxied to, so any host will do; one that says `localhost` means its own.
 *
 * @throws FetchError
 */
export function manifestLocation(text, place) {
    return parse(isLoopbackHost(place.host) ? text : rewriteLoopbackUrl(text, place.host), place);
}
/**
 * The URL of a schema, or a path at the instance. Its host has to be that of the instance or of its manifest.
 *
 * @param manifestUrl null when the manifest was not fetched
 * @throws FetchError
 */
export function schemaLocation(text, place, manifestUrl, { allowedHosts }) {
    const url = manifestLocation(text, place);
    const host = plainHost(url.hostname);
    const own = plainHost(place.host);
    const known = host === own ||
        host === plainHost(manifestUrl?.hostname ?? '') ||
        (isLoopbackHost(host) && isLoopbackHost(own)) ||
        allowedHosts.some((pattern) => hostMatches(pattern, host));
    if (known)
        return url;
    throw new FetchError('forbidden', `${url.host} is not the host of the instance (${place.host}), nor one of farp.allowed_hosts`);
}
function parse(text, place) {
    if (!URL.canParse(text, originOf(place)))
        throw new FetchError('forbidden', 'no valid URL');
    const url = new URL(text, originOf(place));
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
        throw new FetchError('forbidden', `${url.protocol} is not supported; use http or https`);
    if (url.username !== '' || url.password !== '')
        throw new FetchError('forbidden', 'a URL with user name or password is not used');
    return url;
}
function plainHost(host) {
    return host
        .toLowerCase()
        .replace(/^\[|\]$/g, '')
        .replace(/\.$/, '');
}
function hostMatches(pattern, host) {
    const wanted = plainHost(pattern);
    return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}
//# sourceMappingURL=locations.js.map
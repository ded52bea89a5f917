/** Certificate authorities look here over plain HTTP (RFC 8555 section 8.3). */
const ACME_PREFIX = '/.well-known/acme-challenge/';
/** Whether a request has to be sent to HTTPS, where `tls.redirect_http` asks for it. */
export function needsHttps({ scheme, head, peer }) {
    if (scheme === 'https' || head.host === '' || head.path.startsWith(ACME_PREFIX))
        return false;
    // Behind a proxy that ends TLS the redirect would come back for ever.
    return !(peer.trusted && head.headers.get('x-forwarded-proto')?.toLowerCase() === 'https');
}
//# sourceMappingURL=https-redirect.js.map
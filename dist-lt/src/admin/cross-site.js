/**
 * Whether another site's page made the browser send this. A browser attaches remembered basic credentials to such
 * requests too, and a form can post without asking first; but it always tells the page's origin. Tools send neither
 * field.
 */
export function isCrossSite(headers) {
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
        return true;
    const { origin, host } = headers;
    if (origin === undefined)
        return false;
    // `null`, the origin of sandboxed frames and local files, is no URL.
    return hostOf(origin) === '' || hostOf(origin) !== hostOf(`http://${host}`);
}
/** Lower case, without the default port; '' for what is no URL. */
function hostOf(url) {
    return URL.canParse(url) ? new URL(url).host : '';
}
//# sourceMappingURL=cross-site.js.map
import { isObject } from './fields.js';
const HIDDEN = '********';
const SECRET_NAME = /secret|password|passwd|token|credential|private|api_?key/i;
/** What only points at where secrets are checked or made. */
const HARMLESS_NAME = /(_url|_uri|_endpoint|validation)$/i;
/** A manifest for eyes other than the gateway's: without webhook secret, header values and secrets of the auth section. */
export function withoutSecrets(manifest) {
    const { webhook, schemas, auth, hints } = manifest;
    return {
        ...manifest,
        schemas: schemas.map((schema) => {
            const { location } = schema;
            if (location.kind !== 'http')
                return schema;
            const headers = Object.fromEntries(Object.keys(location.headers).map((name) => [name, HIDDEN]));
            return { ...schema, location: { ...location, url: withoutUserInfo(location.url), headers } };
        }),
        webhook: webhook === null
            ? null
            : {
                ...webhook,
                serviceWebhook: withoutUserInfo(webhook.serviceWebhook),
                gatewayWebhook: withoutUserInfo(webhook.gatewayWebhook),
                secret: webhook.secret === '' ? '' : HIDDEN,
            },
        auth: hideSecrets(auth),
        hints: hideSecrets(hints),
    };
}
function withoutUserInfo(url) {
    return url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
}
function hideSecrets(value) {
    if (Array.isArray(value))
        return value.map(hideSecrets);
    if (!isObject(value))
        return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => {
        const isSecret = SECRET_NAME.test(name) &&
            !HARMLESS_NAME.test(name) &&
            (typeof member === 'string' || isObject(member));
        return [name, isSecret ? HIDDEN : hideSecrets(member)];
    }));
}
//# sourceMappingURL=public-manifest.js.map
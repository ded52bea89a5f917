export const HIDDEN = '[hidden]';
const SECRET_WORD = /^(.*[_-])?(secrets?|passwords?|passwd|passphrase|pwd|tokens?|credentials?|htpasswd|hash(es)?|dsn|(api|access|private|signing|encryption|secret|hmac|shared|client)[_-]?keys?)([_-].*)?$/;
/** Also exact names that are too common as parts of other words (`key` in `key_by`, `users` in `max_users`). */
const SECRET_NAMES = new Set([
    'key',
    'keys',
    'users',
    'user',
    'auth',
    'authorization',
    'cookie',
    'jwk',
    'jwks',
    'salt',
    'pin',
]);
/** Whether a plugin's setting of that name is likely a secret. Plugins are other people's: when in doubt, it is. */
export function isSecretKey(key) {
    const name = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
    return SECRET_NAMES.has(name) || SECRET_WORD.test(name);
}
/** Whether the value at this path of the configuration is, or is inside, a secret. */
export function isSecretPath(path) {
    const config = path.indexOf('config');
    if (config >= 0)
        return path.slice(config + 1).some((step) => typeof step === 'string' && isSecretKey(step));
    return path.at(-1) === 'password_hash';
}
//# sourceMappingURL=secrets.js.map
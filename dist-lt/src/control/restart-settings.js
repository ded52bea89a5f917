import { adminAddress } from '../config/settings.js';
import { formatHostPort } from '../config/values.js';
/** @returns one sentence for each setting of `next` that will count only after a restart */
export function restartWarnings(running, next) {
    const before = startSettings(running);
    const after = startSettings(next);
    return Object.keys(after)
        .filter((name) => before[name] !== after[name])
        .map((name) => `${name} changed from ${before[name]} to ${after[name]}; this takes effect after a restart`);
}
function startSettings(config) {
    const { server, admin, tls } = config;
    const { host, port } = adminAddress(config);
    return {
        'server.host': server.host,
        'server.http_port': String(server.http_port),
        'tls.enabled': String(tls.enabled),
        'server.https_port': tls.enabled ? String(server.https_port) : 'none',
        'server.workers': String(server.workers),
        'server.engine': server.engine,
        'admin.enabled': String(admin.enabled),
        'the admin address': admin.enabled ? formatHostPort(host, port) : 'none',
    };
}
//# sourceMappingURL=restart-settings.js.map
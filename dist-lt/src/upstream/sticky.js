/**
 * Sticky sessions: a cookie names the endpoint that served the first request. Its value is a digest of the address, so
 * that it survives restarts and is the same on every gateway, without telling clients the addresses inside.
 */
import { createHash } from 'node:crypto';
import { cookieEnd, cookieStart } from './cookies.js';
export class StickySessions {
    #cookie;
    #indexes = new Map();
    #setCookies = [];
    constructor(record, settings) {
        this.#cookie = settings.cookie;
        // A ttl of 0 makes a session cookie: it lives until the browser is closed.
        const age = settings.ttl > 0 ? `; Max-Age=${Math.ceil(settings.ttl / 1000)}` : '';
        record.endpoints.forEach((endpoint, index) => {
            const value = digest(record.name, endpoint.address);
            this.#indexes.set(value, index);
            this.#setCookies.push(`${settings.cookie}=${value}; Path=/${age}; HttpOnly; SameSite=Lax`);
        });
    }
    /** Index of the endpoint that the request's cookie names, or -1. */
    index(context) {
        const field = context.headers.get('cookie');
        if (field === undefined)
            return -1;
        const start = cookieStart(field, this.#cookie);
        if (start < 0)
            return -1;
        return this.#indexes.get(field.slice(start, cookieEnd(field, start))) ?? -1;
    }
    setCookie(index) {
        return this.#setCookies[index];
    }
}
function digest(upstream, address) {
    return createHash('sha256').update(`${upstream}\0${address}`).digest('hex').slice(0, 16);
}
//# sourceMappingURL=sticky.js.map
/** HTTP basic authentication (RFC 7617) against one user name and a bcrypt hash. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
/** A scraper comes every few seconds with the same credentials; comparing them each time would cost a core. */
const ACCEPTED_MS = 60_000;
/** One with a wrong password does so too. */
const DENIED_MS = 10_000;
const MAX_REMEMBERED = 256;
/** Comparisons run one at a time; guessing passwords costs the machine at most one core, and only while it lasts. */
const MAX_WAITING = 16;
export class BasicAuth {
    #settings;
    /** Made at the first comparison: most gateways never make one, and the library costs 20 ms of the start. */
    #pool = null;
    /** Credentials are remembered as a keyed hash only, so that no password stays in memory. */
    #key = randomBytes(32);
    #verdicts = new Map();
    #running = new Map();
    constructor(settings) {
        this.#settings = settings;
    }
    /** `authorization`: the field as received. */
    async verify(authorization) {
        const credentials = parseBasic(authorization);
        if (credentials === null)
            return 'denied';
        const fingerprint = this.#digest(`${credentials.username}\0${credentials.password}`).toString('base64');
        const known = this.#verdicts.get(fingerprint);
        if (known !== undefined && known.until > Date.now())
            return known.isRight ? 'ok' : 'denied';
        let running = this.#running.get(fingerprint);
        if (running === undefined) {
            if (this.#running.size > MAX_WAITING)
                return 'busy';
            running = this.#compare(credentials, fingerprint).finally(() => this.#running.delete(fingerprint));
            this.#running.set(fingerprint, running);
        }
        return running;
    }
    async close() {
        await (await this.#pool)?.destroy();
    }
    async #compare({ username, password }, fingerprint) {
        // The password is compared for a wrong name too, or the time of the answer would tell which names exist.
        const isName = timingSafeEqual(this.#digest(username), this.#digest(this.#settings.username));
        this.#pool ??= createPool();
        const isPassword = await (await this.#pool).run({ password, hash: this.#settings.passwordHash });
        const isRight = isName && isPassword;
        this.#verdicts.delete(fingerprint);
        for (const oldest of this.#verdicts.keys()) {
            if (this.#verdicts.size < MAX_REMEMBERED)
                break;
            this.#verdicts.delete(oldest);
        }
        this.#verdicts.set(fingerprint, { isRight, until: Date.now() + (isRight ? ACCEPTED_MS : DENIED_MS) });
        return isRight ? 'ok' : 'denied';
    }
    #digest(text) {
        return createHmac('sha256', this.#key).update(text).digest();
    }
}
async function createPool() {
    const { Piscina } = await import('piscina');
    return new Piscina({
        filename: new URL('./password.js', import.meta.url).href,
        name: 'checkPassword',
        minThreads: 0,
        maxThreads: 1,
        maxQueue: MAX_WAITING,
        idleTimeout: 5_000,
    });
}
function parseBasic(authorization) {
    const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? '')?.[1];
    if (encoded === undefined)
        return null;
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
//# sourceMappingURL=basic-auth.js.map
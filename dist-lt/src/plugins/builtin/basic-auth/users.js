import { createHash, timingSafeEqual } from 'node:crypto';
import { bcryptCompare } from './bcrypt-pool.js';
/** Looks users up in a way that takes the same time whether or not the user exists. */
export class UserTable {
    #users = new Map();
    /** Stands in for a user that does not exist. */
    #decoy;
    constructor(users) {
        for (const { username, password, password_hash } of users) {
            this.#users.set(username, {
                consumer: /^[\x21-\x7e]+$/.test(username) ? username : encodeURIComponent(username.toWellFormed()),
                passwordHash: password_hash ?? null,
                digest: password === undefined ? null : sha256(password),
            });
        }
        const all = [...this.#users.values()];
        this.#decoy = all.find((user) => user.passwordHash !== null) ?? all[0];
    }
    /** @returns the consumer, or null when user or password is wrong; which of the two nobody can tell */
    async verify(credentials) {
        const found = this.#users.get(credentials.username);
        const user = found ?? this.#decoy;
        const matches = user.passwordHash !== null
            ? await bcryptCompare(credentials.password, user.passwordHash)
            : timingSafeEqual(sha256(credentials.password), user.digest ?? sha256(''));
        return matches && found !== undefined ? found.consumer : null;
    }
}
function sha256(text) {
    return createHash('sha256').update(text).digest();
}
//# sourceMappingURL=users.js.map
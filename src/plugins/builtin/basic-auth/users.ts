import { createHash, timingSafeEqual } from 'node:crypto';
import { bcryptCompare } from './bcrypt-pool.ts';
import type { Credentials } from './credentials.ts';
import type { BasicAuthConfig } from './schema.ts';

/** What the upstream is told about a user: the name, percent-encoded where it is not plain ASCII. */
type Consumer = string;

interface User {
  readonly consumer: Consumer;
  /** bcrypt hash, or null when `digest` counts. */
  readonly passwordHash: string | null;
  /** SHA-256 of a password given in plain text. */
  readonly digest: Buffer | null;
}

/** Looks users up in a way that takes the same time whether or not the user exists. */
export class UserTable {
  readonly #users = new Map<string, User>();
  /** Stands in for a user that does not exist. */
  readonly #decoy: User;

  constructor(users: BasicAuthConfig['users']) {
    for (const { username, password, password_hash } of users) {
      this.#users.set(username, {
        consumer: /^[\x21-\x7e]+$/.test(username) ? username : encodeURIComponent(username.toWellFormed()),
        passwordHash: password_hash ?? null,
        digest: password === undefined ? null : sha256(password),
      });
    }
    const all = [...this.#users.values()];
    this.#decoy = all.find((user) => user.passwordHash !== null) ?? all[0]!;
  }

  /** @returns the consumer, or null when user or password is wrong; which of the two nobody can tell */
  async verify(credentials: Credentials): Promise<Consumer | null> {
    const found = this.#users.get(credentials.username);
    const user = found ?? this.#decoy;
    const matches =
      user.passwordHash !== null
        ? await bcryptCompare(credentials.password, user.passwordHash)
        : timingSafeEqual(sha256(credentials.password), user.digest ?? sha256(''));
    return matches && found !== undefined ? found.consumer : null;
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

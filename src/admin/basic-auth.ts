/** HTTP basic authentication (RFC 7617) against one user name and a bcrypt hash. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Piscina } from 'piscina';
import type { PasswordCheck } from './password.ts';

export interface BasicAuthSettings {
  readonly username: string;
  /** bcrypt, `$2a$`, `$2b$` or `$2y$`. */
  readonly passwordHash: string;
}

/** `busy`: too many comparisons wait already, ask again later. */
export type AuthResult = 'ok' | 'denied' | 'busy';

/** A scraper comes every few seconds with the same credentials; comparing them each time would cost a core. */
const ACCEPTED_MS = 60_000;
/** One with a wrong password does so too. */
const DENIED_MS = 10_000;
const MAX_REMEMBERED = 256;
/** Comparisons run one at a time; guessing passwords costs the machine at most one core, and only while it lasts. */
const MAX_WAITING = 16;

interface Verdict {
  readonly isRight: boolean;
  readonly until: number;
}

export class BasicAuth {
  readonly #settings: BasicAuthSettings;
  /** Made at the first comparison: most gateways never make one, and the library costs 20 ms of the start. */
  #pool: Promise<Piscina<PasswordCheck, boolean>> | null = null;
  /** Credentials are remembered as a keyed hash only, so that no password stays in memory. */
  readonly #key = randomBytes(32);
  readonly #verdicts = new Map<string, Verdict>();
  readonly #running = new Map<string, Promise<AuthResult>>();
  #isClosed = false;

  constructor(settings: BasicAuthSettings) {
    this.#settings = settings;
  }

  /** `authorization`: the field as received. */
  async verify(authorization: string | undefined): Promise<AuthResult> {
    const credentials = parseBasic(authorization);
    if (credentials === null) return 'denied';
    const fingerprint = this.#digest(`${credentials.username}\0${credentials.password}`).toString('base64');
    const known = this.#verdicts.get(fingerprint);
    if (known !== undefined && known.until > Date.now()) return known.isRight ? 'ok' : 'denied';
    let running = this.#running.get(fingerprint);
    if (running === undefined) {
      if (this.#running.size > MAX_WAITING) return 'busy';
      running = this.#compare(credentials, fingerprint).finally(() => this.#running.delete(fingerprint));
      this.#running.set(fingerprint, running);
    }
    return running;
  }

  /** Comparisons under way end with `denied`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#pool)?.destroy();
  }

  async #compare({ username, password }: Credentials, fingerprint: string): Promise<AuthResult> {
    // The password is compared for a wrong name too, or the time of the answer would tell which names exist.
    const isName = timingSafeEqual(this.#digest(username), this.#digest(this.#settings.username));
    const isPassword = await this.#isPassword(password);
    if (this.#isClosed) return 'denied';
    const isRight = isName && isPassword;
    this.#verdicts.delete(fingerprint);
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size < MAX_REMEMBERED) break;
      this.#verdicts.delete(oldest);
    }
    this.#verdicts.set(fingerprint, { isRight, until: Date.now() + (isRight ? ACCEPTED_MS : DENIED_MS) });
    return isRight ? 'ok' : 'denied';
  }

  async #isPassword(password: string): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#pool ??= createPool();
    const pool = await this.#pool;
    try {
      return await pool.run({ password, hash: this.#settings.passwordHash });
    } catch (error) {
      // Closing ends the thread in the middle of a comparison.
      if (this.#isClosed) return false;
      throw error;
    }
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

async function createPool(): Promise<Piscina<PasswordCheck, boolean>> {
  const { Piscina } = await import('piscina');
  return new Piscina<PasswordCheck, boolean>({
    filename: new URL('./password.js', import.meta.url).href,
    name: 'checkPassword',
    minThreads: 0,
    maxThreads: 1,
    maxQueue: MAX_WAITING,
    idleTimeout: 5_000,
  });
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

function parseBasic(authorization: string | undefined): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

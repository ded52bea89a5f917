/** What is needed to reach an API server. */
import { readFile } from 'node:fs/promises';

export interface Cluster {
  /** Scheme, host, port and perhaps a path; no slash at its end. */
  readonly server: string;
  /** PEM; null: the authorities of the system. */
  readonly ca: string | null;
  /** False: any certificate will do, because the kubeconfig says so. */
  readonly verify: boolean;
  readonly serverName: string | null;
  /** Asked for before every request. */
  credentials(): Promise<Credentials>;
}

export interface Credentials {
  /** `''`: none. */
  readonly token: string;
  /** Client certificate, PEM; both or none. */
  readonly cert: string | null;
  readonly key: string | null;
}

/** Tokens of service accounts are renewed in their file an hour before they end. Milliseconds. */
const TOKEN_AGE = 60_000;

/** Its content, read again now and then. */
export class TokenFile {
  readonly #file: string;
  #token = '';
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(file: string) {
    this.#file = file;
  }

  async read(): Promise<string> {
    if (performance.now() - this.#readAt > TOKEN_AGE) {
      this.#token = (await readFile(this.#file, 'utf8')).trim();
      this.#readAt = performance.now();
    }
    return this.#token;
  }
}

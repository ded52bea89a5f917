import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram } from './programs.ts';

export interface Pem {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Subject alternative names in OpenSSL notation; default `DNS:<name>`. */
  readonly names?: string;
  /** What `openssl req -newkey` makes the key of. Default: the curve P-256. */
  readonly key?: 'ed25519' | 'rsa:2048';
  /** Of validity. Default: 2. */
  readonly days?: number;
}

/** An authority that lives as long as a test file, made with the `openssl` program. Elliptic curves: made at once. */
export class Authority {
  readonly folder: string = mkdtempSync(path.join(os.tmpdir(), 'octopus-ca-'));
  readonly cert: string;
  readonly #openssl: string;
  #serial = 1;
  /** Certificates between this authority and the one that clients know. */
  #chain = '';

  /** @returns null when there is no openssl */
  static async create(name = 'test authority'): Promise<Authority | null> {
    const found = await findProgram('openssl');
    return 'path' in found ? new Authority(found.path, name) : null;
  }

  private constructor(openssl: string, name: string) {
    this.#openssl = openssl;
    process.on('exit', () => rmSync(this.folder, { recursive: true, force: true }));
    this.#run(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
    this.cert = this.#read('ca.pem');
  }

  /** An authority that this one vouches for. Its certificate comes behind those that it issues. */
  intermediate(name: string): Authority {
    const { folder } = this;
    const serial = this.#serial++;
    const below = new Authority(this.#openssl, name);
    const csr = path.join(folder, `${serial}.csr`);
    below.#run('req', '-new', '-key', 'ca.key', '-out', csr, '-subj', `/CN=${name}`);
    writeFileSync(path.join(folder, `${serial}.ext`), 'basicConstraints=critical,CA:TRUE\n');
    this.#sign(serial, 2);
    below.#chain = this.#read(`${serial}.pem`);
    writeFileSync(path.join(below.folder, 'ca.pem'), below.#chain);
    return below;
  }

  /** A certificate for a server or a client. */
  issue(name: string, { names = `DNS:${name}`, key, days = 2 }: CertificateOptions = {}): Pem {
    const serial = this.#serial++;
    const file = (suffix: string): string => `${serial}.${suffix}`;
    const kind = key === undefined ? NEW_KEY : ['-newkey', key, '-nodes'];
    this.#run('req', ...kind, '-keyout', file('key'), '-out', file('csr'), '-subj', `/CN=${name}`);
    writeFileSync(path.join(this.folder, file('ext')), `subjectAltName=${names}\n`);
    this.#sign(serial, days);
    return { cert: this.#read(file('pem')) + this.#chain, key: this.#read(file('key')) };
  }

  #sign(serial: number, days: number): void {
    const base = ['-in', `${serial}.csr`, '-out', `${serial}.pem`, '-extfile', `${serial}.ext`];
    this.#run(
      'x509',
      '-req',
      ...base,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-set_serial',
      `${serial}`,
      '-days',
      `${days}`,
    );
  }

  #read(file: string): string {
    return readFileSync(path.join(this.folder, file), 'utf8');
  }

  #run(...args: string[]): void {
    execFileSync(this.#openssl, args, { cwd: this.folder, stdio: 'pipe' });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram } from './programs.js';
/** An authority that lives as long as a test file, made with the `openssl` program. Elliptic curves: made at once. */
export class Authority {
    folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-ca-'));
    cert;
    #openssl;
    #serial = 1;
    /** @returns null when there is no openssl */
    static async create(name = 'test authority') {
        const found = await findProgram('openssl');
        return 'path' in found ? new Authority(found.path, name) : null;
    }
    constructor(openssl, name) {
        this.#openssl = openssl;
        process.on('exit', () => rmSync(this.folder, { recursive: true, force: true }));
        this.#run('req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', `/CN=${name}`);
        this.cert = this.#read('ca.pem');
    }
    /** A certificate for a server or a client. */
    issue(name, { names = `DNS:${name}` } = {}) {
        const serial = this.#serial++;
        const file = (suffix) => `${serial}.${suffix}`;
        this.#run('req', ...NEW_KEY, '-keyout', file('key'), '-out', file('csr'), '-subj', `/CN=${name}`);
        writeFileSync(path.join(this.folder, file('ext')), `subjectAltName=${names}\n`);
        this.#sign(serial);
        return { cert: this.#read(file('pem')), key: this.#read(file('key')) };
    }
    #sign(serial) {
        const base = ['-in', `${serial}.csr`, '-out', `${serial}.pem`, '-extfile', `${serial}.ext`];
        this.#run('x509', '-req', ...base, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', `${serial}`, '-days', '2');
    }
    #read(file) {
        return readFileSync(path.join(this.folder, file), 'utf8');
    }
    #run(...args) {
        execFileSync(this.#openssl, args, { cwd: this.folder, stdio: 'pipe' });
    }
}
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
//# sourceMappingURL=certificates.js.map
/** Credentials from a program, as the kubeconfigs of cloud providers want it (client.authentication.k8s.io). */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { isObject, type JsonObject, listOf, objectOf, stringOf } from '../../shared/json.ts';
import type { Credentials } from './cluster.ts';

const run = promisify(execFile);

const PATIENCE = 30_000;
/** Credentials are renewed this long before they end. */
const MARGIN = 60_000;

export class ExecCredentials {
  readonly #exec: JsonObject;
  readonly #folder: string;
  #credentials: Promise<Credentials> | null = null;
  #expires = 0;

  constructor(exec: JsonObject, folder: string) {
    this.#exec = exec;
    this.#folder = folder;
  }

  async get(): Promise<Credentials> {
    if (this.#credentials === null || Date.now() > this.#expires - MARGIN) {
      this.#expires = Number.POSITIVE_INFINITY;
      this.#credentials = this.#run();
      this.#credentials.catch(() => {
        this.#credentials = null;
      });
    }
    return this.#credentials;
  }

  async #run(): Promise<Credentials> {
    const command = stringOf(this.#exec['command']);
    const version = stringOf(this.#exec['apiVersion']);
    const args = listOf(this.#exec['args']).map(String);
    const own = listOf(this.#exec['env']).filter(isObject);
    const env = Object.fromEntries(own.map((entry) => [stringOf(entry['name']), stringOf(entry['value'])]));
    const info = JSON.stringify({
      apiVersion: version,
      kind: 'ExecCredential',
      spec: { interactive: false },
    });
    // A name without a slash is looked for in PATH, any other from the kubeconfig on.
    const file = command.includes('/') ? path.resolve(this.#folder, command) : command;
    const { stdout } = await run(file, args, {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: info },
      timeout: PATIENCE,
    });
    const status = objectOf(objectOf(JSON.parse(stdout))['status']);
    const expires = Date.parse(stringOf(status['expirationTimestamp']));
    if (!Number.isNaN(expires)) this.#expires = expires;
    const cert = stringOf(status['clientCertificateData']) || null;
    const key = stringOf(status['clientKeyData']) || null;
    return { token: stringOf(status['token']), cert, key };
  }
}

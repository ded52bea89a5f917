/** How to reach the API server: from within a pod, or as kubectl does. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { readKubeconfig } from './kubeconfig.ts';

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

/** Where Kubernetes puts them in every pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Tokens of service accounts are renewed in their file an hour before they end. Milliseconds. */
const TOKEN_AGE = 60_000;

export interface ClusterSettings {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/**
 * `kubeconfig` of the settings; else the service account of the pod; else `$KUBECONFIG` and `~/.kube/config`.
 *
 * @throws Error that says what is missing
 */
export async function findCluster(
  settings: ClusterSettings,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Cluster> {
  if (settings.kubeconfig !== undefined) return readKubeconfig(settings.kubeconfig, settings.context);
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (host !== undefined && existsSync(`${SERVICE_ACCOUNT}/token`)) {
    return inCluster(host, env['KUBERNETES_SERVICE_PORT'] ?? '443', SERVICE_ACCOUNT);
  }
  const [first] = (env['KUBECONFIG'] ?? '').split(path.delimiter);
  const file = first || path.join(homedir(), '.kube', 'config');
  if (existsSync(file)) return readKubeconfig(file, settings.context);
  throw new Error(
    'no Kubernetes cluster found: this is no pod with a service account, and there is no kubeconfig; set discovery.kubernetes.kubeconfig',
  );
}

/** @param folder of the service account */
export function inCluster(host: string, port: string, folder: string): Cluster {
  const token = new TokenFile(path.join(folder, 'token'));
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: readFileSync(path.join(folder, 'ca.crt'), 'utf8'),
    verify: true,
    serverName: null,
    credentials: async () => ({ token: await token.read(), cert: null, key: null }),
  };
}

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

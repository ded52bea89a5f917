/** How to reach the API server: from within a pod, or as kubectl does. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { type Cluster, TokenFile } from './cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** Where Kubernetes puts them in every pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
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

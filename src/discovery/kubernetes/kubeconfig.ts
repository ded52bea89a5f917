/** The file that kubectl reads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isObject, type JsonObject, objectOf, stringOf } from '../../shared/json.ts';
import { type Cluster, type Credentials, TokenFile } from './cluster.ts';
import { ExecCredentials } from './exec-credentials.ts';

/** @throws Error that names the file and what is wrong in it */
export async function readKubeconfig(file: string, context?: string): Promise<Cluster> {
  const { parse } = await import('yaml');
  const config: unknown = parse(readFileSync(file, 'utf8'));
  if (!isObject(config)) throw new Error(`${file} is no kubeconfig`);
  const folder = path.dirname(path.resolve(file));
  const name = context ?? stringOf(config['current-context']);
  const chosen = named(config, 'contexts', 'context', name, file);
  const cluster = named(config, 'clusters', 'cluster', stringOf(chosen['cluster']), file);
  const userName = stringOf(chosen['user']);
  const user = userName === '' ? {} : named(config, 'users', 'user', userName, file);
  const server = stringOf(cluster['server']).replace(/\/+$/, '');
  if (!/^https?:\/\/[^\s/]+/.test(server)) throw new Error(`${file}: the cluster has no server`);
  return {
    server,
    ca: pem(cluster, 'certificate-authority', folder),
    verify: cluster['insecure-skip-tls-verify'] !== true,
    serverName: stringOf(cluster['tls-server-name']) || null,
    credentials: credentialsOf(user, folder, file),
  };
}

function credentialsOf(user: JsonObject, folder: string, file: string): () => Promise<Credentials> {
  const cert = pem(user, 'client-certificate', folder);
  const key = pem(user, 'client-key', folder);
  if (isObject(user['exec'])) {
    const exec = new ExecCredentials(user['exec'], folder);
    return () => exec.get();
  }
  if (user['auth-provider'] !== undefined) {
    throw new Error(`${file}: auth-provider is no longer part of Kubernetes; use exec`);
  }
  const tokenFile = stringOf(user['tokenFile']);
  if (tokenFile !== '') {
    const token = new TokenFile(path.resolve(folder, tokenFile));
    return async () => ({ token: await token.read(), cert, key });
  }
  const credentials = { token: stringOf(user['token']), cert, key };
  return async () => credentials;
}

function named(config: JsonObject, list: string, member: string, name: string, file: string): JsonObject {
  const items: unknown = config[list];
  const item = (Array.isArray(items) ? items : []).find((one) => objectOf(one)['name'] === name);
  const value = objectOf(item)[member];
  if (!isObject(value)) throw new Error(`${file}: there is no ${member} ${JSON.stringify(name)}`);
  return value;
}

/** Inline in base64, or in a file beside the kubeconfig. */
function pem(holder: JsonObject, key: string, folder: string): string | null {
  const inline = stringOf(holder[`${key}-data`]);
  if (inline !== '') return Buffer.from(inline, 'base64').toString('utf8');
  const file = stringOf(holder[key]);
  return file === '' ? null : readFileSync(path.resolve(folder, file), 'utf8');
}

/** Reads the configuration the way that `run` and every reload do, in a thread of its own: see `config-reader.ts`. */
import { createHash } from 'node:crypto';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { environmentPathsOf } from '../config/redact.ts';
import { BUILTIN_PLUGINS } from '../plugins/builtin/registry.ts';
import { applyOverrides, type Overrides } from './overrides.ts';
import type { TlsMaterial } from './tls/material.ts';
import { readTls } from './tls/read-tls.ts';

export interface ConfigSource {
  /** Files and directories, as the user named them. */
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides: Overrides;
}

export type ReadConfig =
  | {
      readonly ok: true;
      readonly loaded: LoadedConfig;
      /** Certificates and keys. */
      readonly tls: TlsMaterial;
      readonly warnings: readonly string[];
      /** Equal digests mean the same configuration. */
      readonly digest: string;
      readonly files: readonly string[];
      /** What of `loaded.config` is not to be shown; a copy of the configuration does not know it. */
      readonly environmentPaths: ReadonlySet<string>;
    }
  | { readonly ok: false; readonly problems: readonly string[]; readonly files: readonly string[] };

export async function readConfig({ paths, env, overrides }: ConfigSource): Promise<ReadConfig> {
  const { engine } = overrides;
  const result = await loadConfig({
    paths,
    env,
    builtins: BUILTIN_PLUGINS,
    ...(engine === undefined ? {} : { engine }),
  });
  if (!result.ok) return { ok: false, problems: result.problems.map(formatProblem), files: result.files };
  applyOverrides(result.config, overrides);
  const tls = await readTls(result.tlsFiles, result.config.tls, result.config.server.http2.enabled);
  if (tls.problems.length > 0) return { ok: false, problems: tls.problems, files: result.files };
  const { routeSet } = result;
  const upstreams = routeSet.upstreams.map((upstream) => {
    const credentials = tls.digests[upstream.name];
    return credentials === undefined ? upstream : { ...upstream, tls: { ...upstream.tls, credentials } };
  });
  const loaded = { ...result, routeSet: { ...routeSet, upstreams } };
  return {
    ok: true,
    loaded,
    tls: { server: tls.server, credentials: tls.credentials },
    warnings: [...result.warnings.map(formatProblem), ...tls.warnings],
    digest: digestOf(loaded, tls.server?.digest ?? ''),
    files: result.files,
    environmentPaths: environmentPathsOf(result.config),
  };
}

/** Plugin instances carry a digest of their code in their id, so that a changed module is a changed configuration. */
function digestOf({ config, routeSet }: LoadedConfig, certificates: string): string {
  const hash = createHash('sha256').update(certificates);
  for (const part of [config, routeSet.upstreams, routeSet.plugins]) hash.update(JSON.stringify(part));
  for (const route of routeSet.routes) hash.update(JSON.stringify(route));
  return hash.digest('base64');
}

/** Reads the configuration the way that `run` and every reload do. */
import { createHash } from 'node:crypto';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { BUILTIN_PLUGINS } from '../plugins/builtin/registry.ts';
import { applyOverrides, type Overrides } from './overrides.ts';

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
      readonly warnings: readonly string[];
      /** Equal digests mean the same configuration. */
      readonly digest: string;
      readonly files: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[]; readonly files: readonly string[] };

export async function readConfig({ paths, env, overrides }: ConfigSource): Promise<ReadConfig> {
  const result = await loadConfig({ paths, env, builtins: BUILTIN_PLUGINS });
  if (!result.ok) return { ok: false, problems: result.problems.map(formatProblem), files: result.files };
  applyOverrides(result.config, overrides);
  return {
    ok: true,
    loaded: result,
    warnings: result.warnings.map(formatProblem),
    digest: digestOf(result),
    files: result.files,
  };
}

/** Plugin instances carry a digest of their code in their id, so that a changed module is a changed configuration. */
function digestOf({ config, routeSet }: LoadedConfig): string {
  const hash = createHash('sha256');
  for (const part of [config, routeSet.upstreams, routeSet.plugins]) hash.update(JSON.stringify(part));
  for (const route of routeSet.routes) hash.update(JSON.stringify(route));
  return hash.digest('base64');
}

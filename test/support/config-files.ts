/** Loads configurations that a test writes down itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type LoadedConfig, type LoadResult, loadConfig } from '../../src/config/load.ts';
import { formatProblem, type Problem } from '../../src/config/problems.ts';
import { BUILTIN_PLUGINS } from '../../src/plugins/builtin/registry.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Every file of `files`, in the order given; other files of the folder can be named by `extra` without being loaded. */
export async function loadFiles(
  files: Readonly<Record<string, string>>,
  env: Env = {},
  extra: Readonly<Record<string, string>> = {},
): Promise<LoadResult> {
  return inFolder({ ...files, ...extra }, (folder) =>
    loadConfig({
      paths: Object.keys(files).map((name) => path.join(folder, name)),
      env,
      builtins: BUILTIN_PLUGINS,
    }),
  );
}

/** One YAML file, which must be accepted. */
export async function loadYaml(text: string, env: Env = {}): Promise<LoadedConfig> {
  const result = await loadFiles({ 'octopus.yaml': text }, env);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result;
}

/** The errors of one YAML file as `line:column: message`, without those of other files and without warnings. */
export async function errorsOf(text: string, env: Env = {}): Promise<string[]> {
  const result = await loadFiles({ 'octopus.yaml': text }, env);
  return result.ok ? [] : messages(result.problems.filter(({ severity }) => severity === 'error'));
}

/** The warnings of one YAML file, which must be accepted, except that of an open admin API. */
export async function warningsOf(text: string, env: Env = {}): Promise<string[]> {
  const { warnings } = await loadYaml(text, env);
  return messages(warnings).filter((message) => !message.includes('asks for no password'));
}

function messages(problems: readonly Problem[]): string[] {
  return problems.map(({ file, line, column, message }) =>
    line === 0 ? `${path.basename(file)}: ${message}` : `${line}:${column}: ${message}`,
  );
}

/** Runs `action` in a new folder with these files, and removes it afterwards. */
export async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'octopus-config-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

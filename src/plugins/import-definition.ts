import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginDefinition } from './api.ts';
import { readDefinition } from './definition.ts';
import { PluginLoadError } from './load-error.ts';
import { withinTime } from './time-limit.ts';

export interface ImportedDefinition {
  readonly definition: PluginDefinition;
  /** Changes when the module's file does; `''` for a package that only Node can find. */
  readonly digest: string;
}

/** A module whose top level never ends must not hang a reload. */
const IMPORT_TIMEOUT = 10_000;

/**
 * Imports a user's plugin. The content of the file is part of the module's URL, so that a changed file is a new module;
 * files that it imports itself are cached by Node for the life of the thread.
 *
 * @param plugin the name under which it is configured, for errors
 * @param module absolute path or package name
 * @throws PluginLoadError
 */
export async function importDefinition(plugin: string, module: string): Promise<ImportedDefinition> {
  const isFile = path.isAbsolute(module);
  const digest = isFile ? await digestOf(plugin, module) : '';
  const url = isFile ? `${pathToFileURL(module).href}?v=${digest}` : module;
  const exports = await importInTime(plugin, module, url);
  const result = read(plugin, exports);
  if (!result.ok) throw new PluginLoadError(plugin, 'bad-definition', `${module}: ${result.fault}`);
  return { definition: result.definition, digest };
}

function read(plugin: string, exports: Readonly<Record<string, unknown>>): ReturnType<typeof readDefinition> {
  try {
    return readDefinition(exports);
  } catch (error) {
    throw new PluginLoadError(
      plugin,
      'bad-definition',
      `its config function threw: ${messageOf(error)}`,
      error,
    );
  }
}

async function digestOf(plugin: string, file: string): Promise<string> {
  try {
    const content = await readFile(file);
    return createHash('sha256').update(content).digest('hex').slice(0, 16);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const detail = missing ? `there is no file ${file}` : `${file} cannot be read: ${messageOf(error)}`;
    throw new PluginLoadError(plugin, 'module-missing', detail, error);
  }
}

async function importInTime(plugin: string, module: string, url: string): Promise<Record<string, unknown>> {
  const late = `importing it did not finish in ${IMPORT_TIMEOUT / 1000} s`;
  try {
    return await withinTime(import(url) as Promise<Record<string, unknown>>, IMPORT_TIMEOUT, late);
  } catch (error) {
    if (isMissing(error, module)) {
      throw new PluginLoadError(
        plugin,
        'module-missing',
        `there is no package "${module}" that Node.js can find`,
        error,
      );
    }
    throw new PluginLoadError(
      plugin,
      'module-failed',
      `${module} cannot be loaded: ${messageOf(error)}`,
      error,
    );
  }
}

/** The package itself is missing, not something that it imports. */
function isMissing(error: unknown, module: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${module}'`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

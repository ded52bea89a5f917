/** Users' own plugins: finds the module a `path` means, imports it, and takes its `plugin` export. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginDefinition } from '../../plugins/api.ts';

export type PluginModule =
  | {
      readonly ok: true;
      /** Absolute path, or the package name where Node finds it without help. */
      readonly module: string;
      /** Changes when the file does, so that a reload picks up new code. */
      readonly digest: string;
      readonly definition: PluginDefinition;
    }
  | { readonly ok: false; readonly fault: string };

/** A module whose top level never ends must not hang a reload. */
const IMPORT_TIMEOUT = 10_000;

const PACKAGE = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(\/[\w.~/-]+)?$/i;
const JAVASCRIPT = /\.[mc]?js$/i;
const OTHER_CODE = /\.(so|dll|dylib|wasm|lua|rhai|py|rb|go|rs|jar|c|cc|cpp|ts|mts|cts|json|yaml|yml|sh)$/i;

/** Whether Node could load it: a `.js`, `.mjs` or `.cjs` file, or an npm package. */
export function isJavaScriptPath(spec: string): boolean {
  if (OTHER_CODE.test(spec)) return false;
  return JAVASCRIPT.test(spec) || (PACKAGE.test(spec) && !isFilePath(spec));
}

function isFilePath(spec: string): boolean {
  return spec.startsWith('.') || path.isAbsolute(spec);
}

/** Where a module is, for watching; null for packages. */
export function moduleFile(spec: string, configFile: string): string | null {
  return isFilePath(spec) || JAVASCRIPT.test(spec) ? path.resolve(path.dirname(configFile), spec) : null;
}

/** @param configFile relative paths start at its folder, and packages are looked for from there */
export async function loadPluginModule(spec: string, configFile: string): Promise<PluginModule> {
  const file = moduleFile(spec, configFile) ?? resolvePackage(spec, configFile);
  let digest = '';
  if (file !== null) {
    try {
      digest = createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
        .slice(0, 16);
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      return { ok: false, fault: missing ? `there is no file ${file}` : `${file} cannot be read` };
    }
  }
  try {
    const url = file === null ? spec : `${pathToFileURL(file).href}?v=${digest}`;
    const exports = (await withTimeout(import(url))) as Record<string, unknown>;
    const definition = exports['plugin'];
    if (definition === undefined) {
      const hint =
        exports['default'] === undefined ? '' : ' (it has a default export; export it under that name)';
      return { ok: false, fault: `the module does not export "plugin"${hint}` };
    }
    const fault = definitionFault(definition);
    if (fault !== null) return { ok: false, fault };
    return { ok: true, module: file ?? spec, digest, definition: definition as PluginDefinition };
  } catch (error) {
    return {
      ok: false,
      fault: `the module cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function resolvePackage(spec: string, configFile: string): string | null {
  try {
    return createRequire(path.resolve(configFile)).resolve(spec);
  } catch {
    // Packages with nothing but an `import` condition cannot be resolved this way; import() says whether they exist.
    return null;
  }
}

function definitionFault(value: unknown): string | null {
  const definition = value as Partial<PluginDefinition> | null;
  if (typeof definition !== 'object' || definition === null)
    return '"plugin" must be what definePlugin returns';
  if (typeof definition.name !== 'string' || definition.name === '') return '"plugin.name" must be text';
  if (typeof definition.version !== 'string') return '"plugin.version" must be text';
  if (typeof definition.config?.safeParse !== 'function') return '"plugin.config" must be a zod schema';
  if (typeof definition.setup !== 'function') return '"plugin.setup" must be a function';
  return null;
}

async function withTimeout<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it did not finish in ${IMPORT_TIMEOUT / 1000}s`)),
      IMPORT_TIMEOUT,
    );
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Finds and loads µWebSockets.js, the native HTTP server behind `server.engine: uws`. It is an optional dependency and
 * not on the npm registry under its own name: what npm installs here is a build of it by others (an alias in
 * package.json). A user who has installed the official package gets that one.
 *
 * The binary is loaded directly and not through the package's entry: that one replaces a binary that does not load by a
 * slow imitation in JavaScript, without telling.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { NativeModuleError } from './native-module-error.ts';

export interface LoadedUwebsockets {
  /** As the package documents it; `src/engine/uws/binding.ts` has the part that is used. */
  readonly module: object;
  /** Name and version of the package it comes from. */
  readonly origin: string;
}

const NAME = 'uWebSockets.js';
const INSTALL = `install it with "npm install uNetworking/uWebSockets.js#v20.57.0" (the official package) beside octopus-gateway`;
const OR_BUILTIN = 'or use "engine: builtin"';
/** What the engine calls. */
const NEEDED = ['App', 'SSLApp', '_cfg', 'us_listen_socket_close', 'us_socket_local_port'];

/**
 * @param folders `node_modules` folders to look in, best first; by default those of the working directory and of Octopus
 * @throws NativeModuleError that says what to do
 */
export function loadUwebsockets(folders: readonly string[] = defaultFolders()): LoadedUwebsockets {
  const packages = folders.flatMap(packageIn);
  const chosen = packages.find(({ name }) => name === NAME) ?? packages[0];
  if (chosen === undefined) {
    throw new NativeModuleError(
      `engine uws: the optional package ${NAME} is not installed; ${INSTALL}, ${OR_BUILTIN}`,
    );
  }
  const origin = `${chosen.name} ${chosen.version}`;
  const binary = binaryOf(chosen.folder);
  if (binary === null) throw new NativeModuleError(noBuild(origin, chosen.folder));
  let module: Readonly<Record<string, unknown>>;
  try {
    module = createRequire(import.meta.url)(binary) as typeof module;
  } catch (error) {
    throw new NativeModuleError(notLoadable(origin, error));
  }
  if (NEEDED.some((name) => typeof module[name] !== 'function')) {
    throw new NativeModuleError(
      `engine uws: ${origin} in ${chosen.folder} is no ${NAME}; ${INSTALL}, ${OR_BUILTIN}`,
    );
  }
  return { module, origin };
}

interface FoundPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

function defaultFolders(): string[] {
  const fromHere = createRequire(import.meta.url).resolve.paths(NAME) ?? [];
  const fromThere = createRequire(path.join(process.cwd(), 'index.js')).resolve.paths(NAME) ?? [];
  return [...new Set([...fromThere, ...fromHere])];
}

function packageIn(modules: string): FoundPackage[] {
  const folder = path.join(modules, NAME);
  try {
    const { name, version } = JSON.parse(
      readFileSync(path.join(folder, 'package.json'), 'utf8'),
    ) as FoundPackage;
    return [{ folder, name, version }];
  } catch {
    return [];
  }
}

/** Both layouts there are: binaries beside package.json, or in a folder of their own. */
function binaryOf(folder: string): string | null {
  const file = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  return (
    [path.join(folder, file), path.join(folder, 'binaries', file)].find((place) => existsSync(place)) ?? null
  );
}

function noBuild(origin: string, folder: string): string {
  const names = [folder, path.join(folder, 'binaries')].flatMap((place) => {
    try {
      return readdirSync(place);
    } catch {
      return [];
    }
  });
  const prefix = `uws_${process.platform}_${process.arch}_`;
  const abis = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length, -'.node'.length));
  const has =
    abis.length === 0
      ? `has no build for ${process.platform} ${process.arch}`
      : `has builds for Node ABI ${[...new Set(abis)].sort().join(', ')}, but this is Node ${process.versions.node} with ABI ${process.versions.modules}`;
  return `engine uws: ${origin} ${has}; use a Node.js version it supports, ${INSTALL}, ${OR_BUILTIN}`;
}

function notLoadable(origin: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const wanted = /GLIBC_([\d.]+)' not found/.exec(reason)?.[1];
  if (wanted !== undefined) {
    return (
      `engine uws: ${origin} needs glibc ${wanted} and this system has ${glibcVersion()}; ` +
      `use a newer distribution or an older release of ${NAME}, ${OR_BUILTIN}`
    );
  }
  const musl =
    process.platform === 'linux' && glibcVersion() === 'another C library'
      ? ' (it needs glibc, not musl)'
      : '';
  return `engine uws: ${origin} cannot be loaded${musl}: ${reason}; ${INSTALL}, ${OR_BUILTIN}`;
}

function glibcVersion(): string {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ?? 'another C library';
}

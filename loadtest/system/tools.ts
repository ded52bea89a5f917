import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Where a program is on PATH (and in the sbin folders that PATH often lacks), or null. */
export function find(program: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const file = path.join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Where the package is not called like the program. */
const PACKAGES: Readonly<Record<string, string>> = { h2load: 'nghttp2-client', taskset: 'util-linux' };

/**
 * Installs what is missing with apt when that is possible.
 * @returns the programs that are still missing
 */
export function ensure(programs: readonly string[]): string[] {
  const missing = programs.filter((program) => !find(program));
  if (missing.length === 0) return [];
  if (process.getuid?.() !== 0 || !find('apt-get')) return missing;
  process.stderr.write(`installing ${missing.join(' ')} with apt-get\n`);
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...missing.map((name) => PACKAGES[name] ?? name));
  return programs.filter((program) => !find(program));
}

function apt(...args: string[]): void {
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 300_000,
  });
}

/** First match of `pattern` in what `program ...args` prints to either stream, or `?`. */
export function version(program: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  return pattern.exec(`${stdout}\n${stderr}`)?.[1] ?? '?';
}

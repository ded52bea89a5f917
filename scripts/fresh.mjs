// Builds only when a source is newer than what was built, so that scripts can ask for compiled code at no cost.
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const SOURCES = [
  'src',
  'native-bindings',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
  'package.json',
];

/**
 * @param {string} outDir
 * @returns {string} the absolute output folder, up to date
 */
export function ensureBuilt(outDir = 'dist') {
  const out = path.resolve(root, outDir);
  const marker = path.join(out, 'src', 'cli', 'main.js');
  const newest = Math.max(...SOURCES.map((source) => newestIn(path.join(root, source))));
  if (existsSync(marker) && statSync(marker).mtimeMs > newest) return out;
  return build({ outDir });
}

/** Latest change below a folder, in milliseconds; folders count too, so that a removed file is noticed. */
function newestIn(place) {
  const stats = statSync(place);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(place).map((name) => newestIn(path.join(place, name))));
}

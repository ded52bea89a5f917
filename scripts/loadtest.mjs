// Builds the working copy and compares it with other proxies: `npm run loadtest -- --help`.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from './build.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = build({ tests: true, outDir: '.build-loadtest' });
const { main } = await import(pathToFileURL(path.join(out, 'loadtest', 'main.js')).href);
try {
  process.exitCode = await main(root, out, process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

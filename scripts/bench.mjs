// Builds and runs the micro benchmarks: `npm run bench` for all, `npm run bench -- router` for bench/router.ts.
// Every file directly in bench/ is a benchmark of its own process; helpers live in bench/support/.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';

const wanted = process.argv.slice(2);
const folder = path.join(build({ tests: true, outDir: '.build-bench' }), 'bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.js'))
  .map((file) => path.basename(file, '.js'));

const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')} (there are ${names.join(', ')})`);
  process.exit(2);
}
let failed = 0;
for (const name of names.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const file = path.join(folder, `${name}.js`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--enable-source-maps', file], {
    stdio: 'inherit',
  });
  if (status !== 0) failed++;
}
process.exit(failed > 0 ? 1 : 0);

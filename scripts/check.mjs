// npm run check: types, lint and format, import directions, generated docs in step. All of them run; any failure fails.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt, root } from './fresh.mjs';

const bin = (name) => path.join(root, 'node_modules', name);
const script = (name) => path.join(root, 'scripts', name);

const CHECKS = {
  types: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'],
  'lint and format': [bin('@biomejs/biome/bin/biome'), 'ci', '--colors=off', '.'],
  'import directions': [script('import-directions.mjs')],
  'package-lock.json': [script('lockfile.mjs'), '--check'],
  'docs/cli.md': [script('cli-docs.mjs'), '--check'],
  'docs/errors.md': [script('error-docs.mjs'), '--check'],
  'docs/configuration.md': [script('config-docs.mjs'), '--check'],
  'docs/plugins': [script('plugin-docs.mjs'), '--check'],
  'docs/metrics.md': [script('metrics-docs.mjs'), '--check'],
  'docs/engines.md': [script('engine-docs.mjs'), '--check'],
};

// Before the checks that read compiled code, so that they do not all build it at once.
ensureBuilt('.build-check');
const passed = await Promise.all(Object.entries(CHECKS).map(([name, command]) => run(name, command)));
process.exit(passed.every(Boolean) ? 0 : 1);

function run(name, command) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? '✔' : '✖'} ${name} (${seconds} s)`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

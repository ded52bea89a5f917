// Compiles TypeScript to plain JavaScript: `dist/` for users, `.build/` (with tests) when --tests is given.
// Types are checked by `npm run check`, not here, so that a build takes about a second.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * @param {{ tests?: boolean, outDir?: string, clean?: boolean }} options
 * @returns {string} the absolute output folder
 */
export function build({ tests = false, outDir = tests ? '.build' : 'dist', clean = true } = {}) {
  const out = path.resolve(root, outDir);
  if (clean) rmSync(out, { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = path.join(root, tests ? 'tsconfig.test.json' : 'tsconfig.build.json');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', out], { cwd: root, stdio: 'inherit' });
  copyDocsPage(path.join(out, 'src', 'admin', 'docs-page'));
  const bin = path.join(out, 'src', 'cli', 'main.js');
  if (existsSync(bin)) chmodSync(bin, 0o755);
  return out;
}

/** The files of the API reference page, which works without any other server. @param {string} target */
function copyDocsPage(target) {
  const library = path.join(root, 'node_modules', 'swagger-ui-dist');
  const files = ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE'].map((name) =>
    path.join(library, name),
  );
  mkdirSync(target, { recursive: true });
  for (const file of [...files, path.join(root, 'src', 'admin', 'docs-page', 'start.js')]) {
    if (existsSync(file)) copyFileSync(file, path.join(target, path.basename(file)));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tests = process.argv.includes('--tests');
  const at = process.argv.indexOf('--out');
  const outDir = at > 0 ? process.argv[at + 1] : undefined;
  build({ tests, ...(outDir ? { outDir } : {}) });
}

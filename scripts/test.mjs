// npm test [-- PART-OF-A-PATH...]: compiles everything and runs the tests whose path holds one of the parts.
// The soak tests, which take minutes each, run only with OCTOPUS_SOAK=1 or --soak. With --soak nothing else does, but for
// the tests that have a larger size: those that look at OCTOPUS_SOAK.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from './build.mjs';
import { root } from './fresh.mjs';

const onlySoak = process.argv.includes('--soak');
const withSoak = onlySoak || process.env.OCTOPUS_SOAK === '1';
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const out = build({ tests: true });
const files = readdirSync(out, { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => (isSoak(file) ? withSoak : !onlySoak || growsInSoak(file)))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part.replace(/\.ts$/, ''))))
  .sort(longestFirst)
  .map((file) => path.join(out, file));

if (files.length === 0) {
  console.error(`no test file matches ${parts.join(' ') || '(all)'}`);
  process.exit(1);
}

const timeout = withSoak ? 30 * 60_000 : 300_000;
// Much of what whole-gateway tests do is waiting, so there are more of them than cores; many more would measure each other.
const concurrency = onlySoak ? 1 : Math.min(6, 2 * os.availableParallelism() + 1);
const { status } = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeout}`,
    `--test-reporter=${path.join(root, 'scripts', 'test-reporter.mjs')}`,
    '--test-reporter-destination=stdout',
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...(withSoak ? { OCTOPUS_SOAK: '1' } : {}) } },
);
process.exit(status ?? 1);

function isSoak(file) {
  return file.split(path.sep).includes('soak');
}

function growsInSoak(file) {
  return readFileSync(path.join(out, file), 'utf8').includes("'OCTOPUS_SOAK'");
}

/** Whole-gateway tests first: the many short ones fill the gaps at the end. */
function longestFirst(a, b) {
  const rank = (file) => (file.startsWith('test') ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

// Completes package-lock.json with the prebuilt packages of other platforms; with --check only says whether any is missing.
//
// npm leaves an optional package out of the lock file when it could not be fetched at that moment (a mirror that has only
// some platforms, an interrupted install), and `npm ci` then refuses the file everywhere. What belongs there is known:
// the version from the package that wants it, the platform from its name.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './fresh.mjs';

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openbsd', 'sunos', 'win32'];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const file = path.join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = findMissing(lock.packages);

if (missing.length > 0 && process.argv.includes('--check')) {
  console.error(
    `package-lock.json lacks ${missing.map(({ name }) => name).join(', ')}; run: node scripts/lockfile.mjs`,
  );
  process.exit(1);
}
if (missing.length > 0) {
  for (const { name, entry } of missing) lock.packages[`node_modules/${name}`] = entry;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

function findMissing(packages) {
  const found = new Map();
  for (const [place, wanting] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(wanting.optionalDependencies ?? {})) {
      if (`node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages) continue;
      found.set(name, { name, entry: entryOf(name, version, wanting) });
    }
  }
  return [...found.values()];
}

/** As npm itself would write it, but without the checksum that only the registry knows. */
function entryOf(name, version, wanting) {
  const words = name.split(/[/-]/);
  const os = OS.filter((one) => words.includes(one));
  const cpu = CPU.filter((one) => words.includes(one));
  if (os.length === 0 || cpu.length === 0 || !/^\d/.test(version)) {
    throw new Error(
      `${name}@${version} is optional and missing, but is no prebuilt package of a platform; run npm install`,
    );
  }
  const libc = words.includes('musl') ? { libc: ['musl'] } : {};
  const dev = wanting.dev === true ? { dev: true } : {};
  return {
    version,
    cpu,
    ...dev,
    ...libc,
    ...(wanting.license ? { license: wanting.license } : {}),
    optional: true,
    os,
  };
}

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadUwebsockets } from './uwebsockets.ts';

const { platform, arch, versions } = process;
const BUILD = `uws_${platform}_${arch}_${versions.modules}.node`;
/** The build that npm installed, if it did. */
const installed = installedBuild();
const skip = installed === null ? 'the optional package is not installed' : false;

interface Package {
  readonly name: string;
  readonly version: string;
  /** Contents by file name. */
  readonly files: Readonly<Record<string, Buffer | string>>;
}

const official = (files: Package['files']): Package => ({
  name: 'uWebSockets.js',
  version: '20.57.0',
  files,
});
const other = (files: Package['files']): Package => ({ name: '@someone/uws', version: '1.2.3', files });

/** A `node_modules` folder with the package under the name by which it is imported. */
function modules(t: TestContext, found: Package | null): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-uws-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  if (found === null) return folder;
  const { name, version, files } = found;
  const place = path.join(folder, 'uWebSockets.js');
  mkdirSync(place);
  for (const [file, content] of Object.entries({
    'package.json': JSON.stringify({ name, version }),
    ...files,
  })) {
    mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
    writeFileSync(path.join(place, file), content);
  }
  return folder;
}

function refusal(...folders: string[]): string {
  try {
    loadUwebsockets(folders);
  } catch (error) {
    assert.equal((error as Error).name, 'NativeModuleError');
    return (error as Error).message;
  }
  return assert.fail('it was loaded');
}

test('what npm installs loads, and says what it is', { skip }, () => {
  const { module, origin } = loadUwebsockets();
  assert.equal(typeof (module as { App?: unknown }).App, 'function');
  assert.match(origin, /^\S+ \d+\.\d+/);
});

test('no package: what to install', (t) => {
  const message = refusal(modules(t, null), path.join(os.tmpdir(), 'no-such-folder'));
  assert.match(message, /not installed; install it with "npm install uNetworking\/uWebSockets\.js#v\S+"/);
  assert.match(message, /or use "engine: builtin"$/);
});

test('no build for this ABI: which there are', (t) => {
  const files = {
    [`uws_${platform}_${arch}_1.node`]: '',
    [`binaries/uws_${platform}_${arch}_2.node`]: '',
    'uws_other_cpu_3.node': '',
  };
  const message = refusal(modules(t, official(files)));
  assert.match(
    message,
    /^engine uws: uWebSockets\.js 20\.57\.0 has builds for Node ABI 1, 2, but this is Node/,
  );
  assert.ok(message.includes(`ABI ${versions.modules};`), message);
});

test('no build for this platform', (t) => {
  const message = refusal(modules(t, other({ 'uws_other_cpu_115.node': '' })));
  assert.ok(message.includes(`@someone/uws 1.2.3 has no build for ${platform} ${arch};`), message);
});

test('a binary that is none: the reason of the system', (t) => {
  const message = refusal(modules(t, official({ [BUILD]: 'no binary at all' })));
  assert.match(message, /^engine uws: uWebSockets\.js 20\.57\.0 cannot be loaded.*: .+; install it with/);
});

test('a binary for a newer glibc: which is needed and which is here', { skip }, (t) => {
  const { glibcVersionRuntime: here } = (
    process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  ).header;
  if (here === undefined) return t.skip('this system has another C library');
  const text = readFileSync(installed!, 'latin1');
  const newest = [...text.matchAll(/GLIBC_(2\.\d\d)\0/g)]
    .map(([, version]) => version!)
    .sort()
    .at(-1)!;
  const wanting = Buffer.from(text.replaceAll(`GLIBC_${newest}\0`, 'GLIBC_9.99\0'), 'latin1');
  const message = refusal(modules(t, official({ [BUILD]: wanting })));
  assert.ok(message.includes(`needs glibc 9.99 and this system has ${here};`), message);
});

test('another module under its name is refused', { skip }, (t) => {
  const foreign = ['@msgpackr-extract/msgpackr-extract-linux-x64/node.abi115.glibc.node'].find((name) =>
    existsSync(path.join('node_modules', name)),
  );
  if (foreign === undefined) return t.skip('no other native module at hand');
  const content = readFileSync(path.join('node_modules', foreign));
  assert.match(refusal(modules(t, official({ [BUILD]: content }))), /is no uWebSockets\.js; install/);
});

test('the official package is preferred, in either layout and wherever it is', { skip }, (t) => {
  const content = readFileSync(installed!);
  const near = modules(t, other({ [`binaries/${BUILD}`]: content }));
  const far = modules(t, official({ [BUILD]: content }));
  assert.equal(loadUwebsockets([near, far]).origin, 'uWebSockets.js 20.57.0');
  assert.equal(loadUwebsockets([near]).origin, '@someone/uws 1.2.3');
});

test('an official package that does not fit is not passed over in silence', { skip }, (t) => {
  const near = modules(t, other({ [BUILD]: readFileSync(installed!) }));
  assert.match(refusal(near, modules(t, official({}))), /uWebSockets\.js 20\.57\.0 has no build/);
});

function installedBuild(): string | null {
  const folders = createRequire(import.meta.url).resolve.paths('uWebSockets.js') ?? [];
  return (
    folders
      .flatMap((folder) => [
        path.join(folder, 'uWebSockets.js', BUILD),
        path.join(folder, 'uWebSockets.js', 'binaries', BUILD),
      ])
      .find((file) => existsSync(file)) ?? null
  );
}

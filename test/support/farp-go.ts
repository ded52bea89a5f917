/** Programs in `test/interop/farp-go`, made with the public Go library of the protocol. */
import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCE = fileURLToPath(new URL('../../../test/interop/farp-go', import.meta.url));
const BUILD_LIMIT = 150_000;
const NO_WAY_TO_MODULES = /dial tcp|no such host|proxyconnect|i\/o timeout|Could not resolve/;

export type Built = { readonly file: string } | { readonly missing: string };

/** Builds the program of that folder. Without Go, or a way to its modules, there is nothing to test; any other fault throws. */
export async function buildGo(name: string, into: string): Promise<Built> {
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'go is not installed' };
  const file = path.join(into, name);
  try {
    const options = {
      cwd: SOURCE,
      timeout: BUILD_LIMIT,
      env: { ...process.env, GOFLAGS: '-buildvcs=false' },
    };
    await promisify(execFile)('go', ['build', '-o', file, `./${name}`], options);
    return { file };
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr ?? String(error);
    if (!NO_WAY_TO_MODULES.test(reason)) throw error;
    return { missing: `no Go modules: ${reason.split('\n')[0]}` };
  }
}

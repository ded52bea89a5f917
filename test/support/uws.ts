import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { loadUwebsockets } from '../../native-bindings/uwebsockets.ts';
import { once } from './raw-client.ts';

/** The build that the lists of known refusals are about. */
const LISTED = '@trufflesuite/uws-js-unofficial 20.30.0-unofficial.0';

/** Why tests of the engine uws cannot run here; false when they can. */
export function withoutUws(): string | false {
  try {
    const { origin } = loadUwebsockets();
    return origin === LISTED ? false : `known refusals are listed for ${LISTED}, here is ${origin}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether the gateway on that port still serves. */
export async function serves(port: number): Promise<boolean> {
  const request = 'GET /respond/alive HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  return (await once(port, request)).body === 'made here';
}

/** Runs compiled test files, named from the folder of tests, on the engine uws. Gives exit code and TAP output. */
export async function runOnUws(
  names: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const files = names.map((name) => fileURLToPath(new URL(`../${name}.test.js`, import.meta.url)));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-concurrency=3', '--test-reporter=tap', ...files], {
    env: { ...env, OCTOPUS_TEST_ENGINE: 'uws' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const output = await text(child.stdout);
  return { code: await exit, output };
}

/** A gateway pays for what it uses: modules are loaded when something needs them. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';

const running: Gateway[] = [];
after(async () => {
  for (const gateway of running) await gateway.stop();
});

/** Writes the URL of every module to a file beside the configuration. */
const HOOK = `
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
const hooks = \`
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.OCTOPUS_TEST_MODULES, url + '\\\\n');
    return next(url, context);
  }\`;
register('data:text/javascript,' + encodeURIComponent(hooks));
appendFileSync(process.env.OCTOPUS_TEST_MODULES, '');
`;

async function modulesOf(config: GatewayConfig): Promise<string[]> {
  const file = path.join(os.tmpdir(), `octopus-modules-${process.pid}-${running.length}`);
  const gateway = await startGateway(config, {
    workers: 1,
    nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(HOOK)}`],
    env: { OCTOPUS_TEST_MODULES: file },
  });
  running.push(gateway);
  const modules = readFileSync(file, 'utf8').split('\n');
  rmSync(file);
  return modules;
}

/** The shape of a registration is known to the admin server, and which addresses are nobody's to who resolves names. */
const DISCOVERY =
  /\/src\/discovery\/|\/src\/farp\/(catalog|fetch|push(?!\/(push-message|address)\.)|events)\/|\/node_modules\/undici\//;

it('without discovery and FARP none of it is loaded', async () => {
  const modules = await modulesOf({ routes: [{ path: '/', respond: { body: 'plain' } }] });
  assert.ok(modules.some((url) => url.endsWith('/src/control/gateway.js')));
  assert.deepEqual(
    modules.filter((url) => DISCOVERY.test(url)),
    [],
  );
});

it('with them it is', async () => {
  const modules = await modulesOf({ farp: { enabled: true } });
  assert.ok(modules.some((url) => url.endsWith('/src/farp/catalog/catalog.js')));
});

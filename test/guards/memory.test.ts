/** What the memory budget rests on: libraries that an idle gateway must not carry, and how much two workers hold. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { BUILTIN_PLUGINS } from '../../src/plugins/builtin/registry.ts';
import { eventually, startGateway } from '../support/gateway.ts';

/** Two workers, idle. The budget is 100 MB; the rest is for a machine that never lets the collector come to its turn. */
const MOST_BYTES = 110e6;

const PLUGINS = [...BUILTIN_PLUGINS.keys()].map((name) => `plugins/builtin/${name}/${name}`);

/** Modules of a thread that lives as long as the gateway, and packages that come in only for those who need them. */
const THREADS: readonly (readonly [thread: string, modules: readonly string[], absent: readonly string[]])[] =
  [
    ['the primary', ['control/run', 'admin/server'], ['zod', 'yaml', 'prom-client', 'undici', 'piscina']],
    [
      'the primary with services',
      ['control/farp/farp-endpoints', 'control/sources/discovered-services'],
      ['zod', 'yaml'],
    ],
    [
      'a worker',
      ['worker/data-plane', 'engine/builtin/server', ...PLUGINS],
      ['zod', 'yaml', 'pino', 'prom-client', 'undici'],
    ],
  ];

/** Refuses to find them. */
const HOOK = `export async function resolve(name, context, next) {
  if (ABSENT.includes(name)) throw new Error(name + ' is wanted by ' + context.parentURL);
  return next(name, context);
}`;

describe('the memory budget', () => {
  for (const [thread, modules, absent] of THREADS) {
    it(`${thread} starts without ${absent.join(', ')}`, () => {
      const hook = HOOK.replace('ABSENT', JSON.stringify(absent));
      const urls = modules.map((name) => new URL(`../../src/${name}.js`, import.meta.url).href);
      const program = `
        import { register } from 'node:module';
        register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
        for (const url of ${JSON.stringify(urls)}) await import(url);
        process.exit();`;
      const child = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        encoding: 'utf8',
      });
      assert.equal(child.status, 0, child.stderr);
    });
  }

  it('two idle workers with plugins and the admin API stay within it', async (t) => {
    const gateway = await startGateway({
      routes: [{ path: '/', middleware: ['cors', 'request-id'], respond: { body: 'hello' } }],
    });
    t.after(() => gateway.stop());
    await eventually(
      async () => gateway.rss() < MOST_BYTES,
      `less than ${MOST_BYTES / 1e6} MB`,
      60_000,
    ).catch((error: Error) => assert.fail(`${error.message}: ${gateway.rss() / 1e6}`));
    t.diagnostic(`${(gateway.rss() / 1e6).toFixed(0)} MB`);
  });
});

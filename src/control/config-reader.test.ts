// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of the configuration
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { inFolder } from '../../test/support/config-files.ts';
import { redactConfig } from '../config/redact.ts';
import { type ConfigSource, type ReadConfig, readConfig } from './config-loader.ts';
import { readInThread } from './config-reader.ts';

const PLUGIN = `export const plugin = { name: 'own', version: '1.0.0', setup: () => ({}) };`;
const USES_PLUGIN =
  'plugins: [{ name: own, path: ./own.mjs }]\nroutes: [{ path: /, respond: { body: x } }]\n';

function inSource<T>(
  yaml: string,
  action: (source: ConfigSource) => Promise<T>,
  { env = {}, plugin = PLUGIN } = {},
): Promise<T> {
  return inFolder({ 'octopus.yaml': yaml, 'own.mjs': plugin }, (folder) =>
    action({ paths: [path.join(folder, 'octopus.yaml')], env, overrides: {} }),
  );
}

describe('the configuration read in a thread of its own', () => {
  it('is the same as read in this one, and shows no more of the environment', () =>
    inSource(
      `${USES_PLUGIN}upstreams: [{ name: u, endpoints: ["\${HOST}:80"] }]\nserver: { via: "\${VIA}" }\n`,
      async (source) => {
        const [own, read] = [await readConfig(source), await readInThread(source)];
        assert.deepEqual(read, own);
        const shown = ({ ok, ...rest }: ReadConfig) =>
          'loaded' in rest ? JSON.stringify(redactConfig(rest.loaded.config)) : assert.fail(String(ok));
        assert.equal(shown(read), shown(own));
        assert.doesNotMatch(shown(read), /topsecret/);
      },
      { env: { HOST: 'topsecret1', VIA: 'topsecret2' } },
    ));

  it('is refused with the same problems', () =>
    inSource('servr: {}\nroutes:\n  - { path: /a, upstream: nowhere }\n', async (source) => {
      const [own, read] = [await readConfig(source), await readInThread(source)];
      assert.equal(read.ok, false);
      assert.deepEqual(read, own);
    }));

  const FAULTS: readonly (readonly [what: string, module: string, reason: RegExp])[] = [
    ['ends the thread', 'process.exit(7);', /ended early with code 7/],
    [
      'throws when nobody expects it',
      `setImmediate(() => { throw new Error('careless'); }); await new Promise(() => {});`,
      /careless/,
    ],
  ];
  for (const [what, module, reason] of FAULTS) {
    it(`fails alone when the module of a plugin ${what}`, () =>
      inSource(USES_PLUGIN, (source) => assert.rejects(readInThread(source), reason), {
        plugin: `${module}\n${PLUGIN}`,
      }));
  }

  it('fails alone when the module of a plugin never gets done', () =>
    inSource(USES_PLUGIN, (source) => assert.rejects(readInThread(source, 1_000), /took longer than 1 s/), {
      plugin: `setInterval(() => {}, 1_000); await new Promise(() => {});\n${PLUGIN}`,
    }));

  it('is not disturbed by what the module of a plugin goes on doing', () =>
    inSource(
      USES_PLUGIN,
      async (source) => {
        assert.equal((await readInThread(source)).ok, true);
        assert.equal('ownRanHere' in globalThis, false);
      },
      {
        plugin: `globalThis.ownRanHere = true; setInterval(() => {}, 1);\n${PLUGIN}`,
      },
    ));
});

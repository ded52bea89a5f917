// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of the configuration
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { inFolder } from '../../test/support/config-files.ts';
import { eventually } from '../../test/support/gateway.ts';
import { redactConfig } from '../config/redact.ts';
import { type ConfigSource, type ReadConfig, readConfig } from './config-loader.ts';
import { ConfigReader } from './config-reader.ts';

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
        const [own, read] = [await readConfig(source), await new ConfigReader(0).read(source)];
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
      const [own, read] = [await readConfig(source), await new ConfigReader(0).read(source)];
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
      inSource(USES_PLUGIN, (source) => assert.rejects(new ConfigReader(0).read(source), reason), {
        plugin: `${module}\n${PLUGIN}`,
      }));
  }

  it('fails alone when the module of a plugin never gets done', () =>
    inSource(
      USES_PLUGIN,
      (source) => assert.rejects(new ConfigReader(0).read(source, 1_000), /took longer than 1 s/),
      {
        plugin: `setInterval(() => {}, 1_000); await new Promise(() => {});\n${PLUGIN}`,
      },
    ));

  it('is not disturbed by what the module of a plugin goes on doing', () =>
    inSource(
      USES_PLUGIN,
      async (source) => {
        assert.equal((await new ConfigReader(0).read(source)).ok, true);
        assert.equal('ownRanHere' in globalThis, false);
      },
      {
        plugin: `globalThis.ownRanHere = true; setInterval(() => {}, 1);\n${PLUGIN}`,
      },
    ));

  describe('that lingers', () => {
    /** Threads started while `action` runs; the reader is closed afterwards. */
    async function threadsOf(
      action: (reader: ConfigReader) => Promise<void>,
      linger?: number,
    ): Promise<Worker[]> {
      const threads: Worker[] = [];
      const onWorker = (worker: Worker) => void threads.push(worker);
      process.on('worker', onWorker);
      const reader = new ConfigReader(linger);
      try {
        await action(reader);
      } finally {
        process.off('worker', onWorker);
        reader.close();
      }
      return threads;
    }
    const yaml = `server: { via: "\${VIA:-none}" }\nroutes: [{ path: /, respond: { body: x } }]\n`;

    it('serves the next reading, with what is true then', () =>
      inSource(yaml, async (source) => {
        const threads = await threadsOf(async (reader) => {
          const first = await reader.read(source);
          const second = await reader.read({ ...source, env: { VIA: 'other' } });
          assert.ok(first.ok && second.ok);
          assert.deepEqual(
            [first, second].map(({ loaded }) => loaded.config.server.via),
            ['none', 'other'],
          );
        });
        assert.equal(threads.length, 1);
      }));

    it('serves two at a time', () =>
      inSource(yaml, async (source) => {
        await threadsOf(async (reader) => {
          const all = await Promise.all([reader.read(source), reader.read(source), reader.read(source)]);
          assert.ok(all.every(({ ok }) => ok));
        });
      }));

    it('ends when no reading follows', () =>
      inSource(yaml, async (source) => {
        let hasEnded = false;
        process.once('worker', (thread: Worker) => {
          thread.once('online', () => thread.stdout.once('close', () => (hasEnded = true)));
        });
        await threadsOf(async (reader) => {
          await reader.read(source);
          assert.equal(hasEnded, false);
          await eventually(async () => hasEnded, 'the thread to end');
        }, 20);
      }));

    it('starts anew for modules of plugins, which may import what has changed', () =>
      inSource(USES_PLUGIN, async (source) => {
        const threads = await threadsOf(async (reader) => {
          await reader.read(source);
          await reader.read(source);
        });
        assert.equal(threads.length, 2);
      }));
  });
});

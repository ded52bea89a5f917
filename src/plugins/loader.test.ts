import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GatewayError } from '../http/errors.ts';
import type { PluginInstance } from '../routing/model.ts';
import { limitBytes } from '../shared/limit-cells.ts';
import { MemoryLimitStore } from '../state/memory-limit-store.ts';
import type { PluginReply } from './api.ts';
import { BUILTIN_PLUGINS, findBuiltin } from './builtin/registry.ts';
import { importBuiltin } from './builtin/runtimes.ts';
import type { PluginHost } from './instantiate.ts';
import { type LoadFailure, PluginLoadError } from './load-error.ts';
import { loadPlugins, ownedHeaders } from './loader.ts';
import { makeExchange } from './testing.ts';

class TestHost implements PluginHost {
  readonly limits = new MemoryLimitStore(new SharedArrayBuffer(limitBytes(64)));
  readonly logged: unknown[] = [];
  readonly counted: string[] = [];
  log(...entry: unknown[]): void {
    this.logged.push(entry);
  }
  count(plugin: string, event: string): void {
    this.counted.push(`${plugin} ${event}`);
  }
}

const host = new TestHost();
let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'octopus-plugins-'));
});
after(() => rm(folder, { recursive: true }));

async function moduleWith(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

function instance(values: Partial<PluginInstance>): PluginInstance {
  return { id: 'p@1', name: 'p', module: '', config: {}, isolate: false, unavailable: '', ...values };
}

/** As the configuration makes it: its options are checked and complete. */
const builtin = (name: string, config: unknown = {}, id = `${name}@1`): PluginInstance =>
  instance({ id, name, config: findBuiltin(name)!.config.parse(config) });

async function failure(values: Partial<PluginInstance>): Promise<PluginLoadError> {
  try {
    await loadPlugins([instance(values)], null, host);
  } catch (error) {
    assert.ok(error instanceof PluginLoadError, String(error));
    assert.equal(error.plugin, values.name ?? 'p');
    return error;
  }
  throw new assert.AssertionError({ message: 'it loaded' });
}

async function assertFailure(
  values: Partial<PluginInstance>,
  expected: LoadFailure,
  message: RegExp,
): Promise<void> {
  const error = await failure(values);
  assert.equal(error.failure, expected, error.message);
  assert.match(error.message, message);
}

describe('loadPlugins', () => {
  it('sets up built-ins, also by a name with underscores', async () => {
    const set = await loadPlugins([builtin('request-id'), builtin('rate_limit', { limit: 5 })], null, host);
    assert.equal(set.get('request-id@1')?.version, '1.0.0');
    assert.equal(set.get('rate_limit@1')?.name, 'rate_limit');
    assert.equal(set.get('rate_limit@1')?.definition.name, 'rate-limit');
    assert.equal(set.get('other'), undefined);
    assert.equal([...set.values()].length, 2);
  });

  it('keeps instances whose id stays, with their state', async () => {
    const first = await loadPlugins([builtin('cors'), builtin('rate-limit', { limit: 5 }, 'a')], null, host);
    const second = await loadPlugins(
      [builtin('cors'), builtin('rate-limit', { limit: 6 }, 'b')],
      first,
      host,
    );
    assert.equal(second.get('cors@1'), first.get('cors@1'));
    assert.notEqual(second.get('b'), undefined);
  });

  it('gives a plugin its name, log, counter and options', async () => {
    const module = await moduleWith(
      'greeter.mjs',
      `export const plugin = {
        name: 'greeter', version: '2.1.0',
        config: (z) => z.strictObject({ greeting: z.string().default('hello') }),
        async setup(config, context) {
          context.log('info', 'up', { a: 1 });
          return { onRequest() { context.count('greeted'); return { status: 200, body: config.greeting + ' ' + context.name + ' ' + context.instanceId }; } };
        },
      };`,
    );
    const set = await loadPlugins(
      [instance({ name: 'my-greeter', module, config: { greeting: 'hi' } })],
      null,
      host,
    );
    const loaded = set.get('p@1');
    assert.equal(loaded?.version, '2.1.0');
    const reply = loaded?.hooks.onRequest?.(makeExchange()) as PluginReply | undefined;
    assert.equal(reply?.body, 'hi my-greeter p@1');
    assert.deepEqual(host.logged.at(-1), ['info', 'up', { a: 1, plugin: 'my-greeter' }]);
    assert.equal(host.counted.at(-1), 'my-greeter greeted');
  });

  it('imports a changed file anew', async () => {
    const source = (answer: string): string =>
      `export const plugin = { name: 'v', version: '1', setup: () => ({ onRequest: () => ({ status: 200, body: '${answer}' }) }) };`;
    const bodyOf = async (id: string): Promise<unknown> => {
      const set = await loadPlugins([instance({ id, module })], null, host);
      return ((await set.get(id)?.hooks.onRequest?.(makeExchange())) as PluginReply | undefined)?.body;
    };
    const module = await moduleWith('changing.mjs', source('one'));
    assert.equal(await bodyOf('1'), 'one');
    await writeFile(module, source('two'));
    assert.equal(await bodyOf('2'), 'two');
  });

  it('loads CommonJS modules', async () => {
    const module = await moduleWith(
      'old.cjs',
      `exports.plugin = { name: 'old', version: '1', setup: () => ({}) };`,
    );
    assert.equal((await loadPlugins([instance({ module })], null, host)).get('p@1')?.version, '1');
  });

  it('closes the routes of a plugin that is not available', async () => {
    const set = await loadPlugins(
      [instance({ name: 'jwt-auth', unavailable: 'not part of this version' })],
      null,
      host,
    );
    assert.throws(
      () => set.get('p@1')?.hooks.onRequest?.(makeExchange()),
      (error) =>
        error instanceof GatewayError &&
        error.code === 'plugin_unavailable' &&
        /not part/.test(error.message),
    );
  });

  it('B7: knows the headers that plugins own', async () => {
    const users = [{ username: 'a', password: 'b' }];
    const set = await loadPlugins([builtin('cors'), builtin('basic-auth', { users })], null, host);
    assert.deepEqual(ownedHeaders(set), ['x-consumer-*']);
  });
});

describe('loadPlugins refuses', () => {
  it('a file or package that is not there', async () => {
    await assertFailure(
      { module: path.join(folder, 'none.mjs') },
      'module-missing',
      /there is no file .*none\.mjs/,
    );
    await assertFailure(
      { module: 'octopus-no-such-package' },
      'module-missing',
      /no package "octopus-no-such-package"/,
    );
    await assertFailure({ name: 'no-such-built-in' }, 'module-missing', /no built-in/);
  });

  it('a module that cannot be imported', async () => {
    const module = await moduleWith('syntax.mjs', 'export const plugin = {;');
    await assertFailure({ module }, 'module-failed', /syntax\.mjs cannot be loaded/);
    const importing = await moduleWith('importing.mjs', `import 'octopus-no-such-package';`);
    await assertFailure({ module: importing }, 'module-failed', /octopus-no-such-package/);
  });

  it('a module without a usable export', async () => {
    const exporting = async (text: string): Promise<Partial<PluginInstance>> => ({
      module: await moduleWith(`bad-${Math.random()}.mjs`, text),
    });
    const faulty = (fields: string): Promise<Partial<PluginInstance>> =>
      exporting(`export const plugin = { name: 'x', version: '1', setup: () => ({}), ${fields} };`);
    const bad = 'bad-definition';
    await assertFailure(
      await exporting('export default {}'),
      bad,
      /does not export "plugin" \(it has a default export/,
    );
    await assertFailure(await exporting('export const plugin = null'), bad, /what definePlugin returns/);
    await assertFailure(await faulty(`name: ''`), bad, /plugin\.name/);
    await assertFailure(await faulty(`version: 1`), bad, /plugin\.version/);
    await assertFailure(await faulty(`setup: {}`), bad, /plugin\.setup/);
    await assertFailure(await faulty(`config: {}`), bad, /zod schema/);
    await assertFailure(await faulty(`config: () => { throw new Error('no schema') }`), bad, /no schema/);
    await assertFailure(await faulty(`ownsHeaders: ['a b']`), bad, /ownsHeaders/);
    await assertFailure(await faulty(`preflight: 1`), bad, /preflight/);
    await assertFailure(await faulty(`wholeBody: { response: -1 }`), bad, /wholeBody/);
    await assertFailure(await faulty(`wholeBody: { reponse: 1 }`), bad, /wholeBody/);
  });

  it('options that the schema refuses, with their place', async () => {
    const module = await moduleWith(
      'plain.mjs',
      `export const plugin = { name: 'x', version: '1', setup: () => ({}) };`,
    );
    await assertFailure({ module, config: { a: 1 } }, 'bad-config', /a/);
  });

  it('a setup that throws or returns no hooks', async () => {
    const setup = async (body: string): Promise<Partial<PluginInstance>> => ({
      module: await moduleWith(
        `setup-${Math.random()}.mjs`,
        `export const plugin = { name: 'x', version: '1', setup() { ${body} } };`,
      ),
    });
    await assertFailure(
      await setup(`throw new Error('no database')`),
      'setup-failed',
      /setup failed: no database/,
    );
    await assertFailure(await setup(`return Promise.reject(new Error('later'))`), 'setup-failed', /later/);
    await assertFailure(await setup(''), 'setup-failed', /must return an object/);
    await assertFailure(await setup('return { onRequset() {} }'), 'setup-failed', /no hook "onRequset"/);
    await assertFailure(
      await setup('return new (class { onFoo() {} })()'),
      'setup-failed',
      /no hook "onFoo"/,
    );
    await assertFailure(
      await setup('return { onRequest: 1 }'),
      'setup-failed',
      /"onRequest" must be a function/,
    );
  });
});

describe('plugin unloading', () => {
  const unloaded: string[] = [];
  before(() => {
    (globalThis as { unloaded?: string[] }).unloaded = unloaded;
  });
  const tracked = (name: string): Promise<string> =>
    moduleWith(
      `${name}.mjs`,
      `export const plugin = { name: '${name}', version: '1', setup(_, context) {
        context.onUnload(() => globalThis.unloaded.push('${name}'));
        return {};
      } };`,
    );

  it('happens once no generation uses the instance, in whatever order they end', async () => {
    const a = instance({ id: 'a', module: await tracked('a') });
    const b = instance({ id: 'b', module: await tracked('b') });
    const first = await loadPlugins([a, b], null, host);
    const second = await loadPlugins([a], first, host);
    const third = await loadPlugins([], second, host);
    second.release();
    second.release();
    assert.deepEqual(unloaded, []);
    first.release();
    assert.deepEqual(unloaded.sort(), ['a', 'b']);
    third.release();
  });

  it('happens at once when the generation is refused, but not to what is still in use', async () => {
    unloaded.length = 0;
    const old = await loadPlugins([instance({ id: 'c', module: await tracked('c') })], null, host);
    const fresh = instance({ id: 'd', module: await tracked('d') });
    const bad = instance({ id: 'e', name: 'no-such-built-in' });
    await assert.rejects(
      loadPlugins([...[...old.values()].map((plugin) => plugin.instance), fresh, bad], old, host),
    );
    assert.deepEqual(unloaded, ['d']);
    old.release();
    assert.deepEqual(unloaded, ['d', 'c']);
  });

  it('happens when setup fails after it took something', async () => {
    unloaded.length = 0;
    const module = await moduleWith(
      'half.mjs',
      `export const plugin = { name: 'h', version: '1', setup(_, context) {
        context.onUnload(() => globalThis.unloaded.push('half'));
        throw new Error('second half missing');
      } };`,
    );
    await failure({ module });
    assert.deepEqual(unloaded, ['half']);
  });
});

describe('built-in plugins', () => {
  for (const [name, { config, setup, ...traits }] of BUILTIN_PLUGINS) {
    it(`${name} runs in the workers as it is defined`, async () => {
      const { setup: inWorkers, ...traitsInWorkers } = (await importBuiltin(name))!;
      assert.equal(inWorkers, setup);
      assert.deepEqual(traitsInWorkers, traits);
      assert.equal(typeof config.safeParse, 'function');
    });
  }
});

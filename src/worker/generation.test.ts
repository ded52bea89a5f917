import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadedPlugin, PluginSet } from '../plugins/loader.ts';
import { compileSnapshot } from '../routing/compile.ts';
import { Snapshot } from '../routing/snapshot.ts';
import type { WorkerSettings } from '../shared/messages.ts';
import { LoadedGeneration } from './generation.ts';

const SETTINGS = { trustedProxies: [], viaName: 'octopus', instanceId: '1' } as unknown as WorkerSettings;

function loaded(): { generation: LoadedGeneration; unloaded: () => boolean } {
  let unloaded = false;
  const instance = { id: 'a', name: 'a', module: '', config: {}, isolate: false, unavailable: '' };
  const plugin = new LoadedPlugin(instance, { name: 'a', version: '1' }, {}, [() => (unloaded = true)]);
  const { buffer } = compileSnapshot({ routes: [], upstreams: [], plugins: [] }, 1);
  const plugins = new PluginSet(new Map([['a', plugin]]));
  return {
    generation: new LoadedGeneration(1, new Snapshot(buffer), SETTINGS, plugins, null),
    unloaded: () => unloaded,
  };
}

test('a retired generation keeps routes and plugins as long as an exchange is in flight', () => {
  const { generation, unloaded } = loaded();
  generation.enter();
  generation.retire();
  assert.ok(generation.snapshot);
  assert.equal(unloaded(), false);
  generation.leave(false);
  assert.throws(() => generation.snapshot, /is over/);
  assert.equal(unloaded(), true);
});

test('an exchange that lasts keeps the plugins, but not the routes', () => {
  const { generation, unloaded } = loaded();
  generation.enter();
  generation.enter();
  generation.lasts();
  generation.retire();
  assert.ok(generation.snapshot, 'the other exchange still needs them');
  generation.leave(false);
  assert.throws(() => generation.snapshot, /is over/);
  assert.equal(unloaded(), false);
  generation.leave(true);
  assert.equal(unloaded(), true);
});

test('one that begins to last after the reload frees the routes then', () => {
  const { generation, unloaded } = loaded();
  generation.enter();
  generation.retire();
  generation.lasts();
  assert.throws(() => generation.snapshot, /is over/);
  assert.equal(unloaded(), false);
  generation.leave(true);
  assert.equal(unloaded(), true);
});

test('in force, it keeps its routes whatever ends', () => {
  const { generation } = loaded();
  generation.enter();
  generation.lasts();
  generation.leave(true);
  assert.ok(generation.snapshot);
});

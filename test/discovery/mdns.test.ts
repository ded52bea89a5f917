import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mdnsSettings } from '../../src/config/schema/discovery-mdns.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import { type Announced, MdnsResponder } from './mdns-responder.ts';
import { RecordingSink } from './recording-sink.ts';
import { providerSuite, type Stage, type TestInstance } from './suite.ts';

const TYPE = '_farp._tcp';

/** As Forge writes it. */
function announced({ service, id, host, port, metadata }: TestInstance): Announced {
  const flat = Object.entries(metadata).map(([key, value]) => `${key}=${value}`);
  return { name: id, type: TYPE, host, port, txt: [`name=${service}`, 'version=1.0.0', `id=${id}`, ...flat] };
}

async function open(): Promise<Stage> {
  const responder = await MdnsResponder.start();
  const settings = mdnsSettings.parse({ interface: '127.0.0.1', port: responder.port, query_interval: '5s' });
  return {
    provider: (pace) => createProvider('mdns', settings, pace),
    put: async (...instances) => responder.announce(...instances.map(announced)),
    remove: async (instance) => responder.goodbye(announced(instance)),
    putGarbage: async () => {
      await responder.raw(Buffer.from('not DNS at all'));
      await responder.raw(Buffer.alloc(12, 0xff));
      const good = { type: TYPE, host: '10.0.0.1', port: 80, txt: ['farp.enabled=true'] };
      await responder.announce(
        { ...good, name: 'no-port', port: 0 },
        { ...good, name: 'control', txt: ['farp.enabled=true', 'id=a\u0000b'] },
        { ...good, name: 'empty', txt: [''] },
        { ...good, name: 'printer', txt: ['rp=printers/one'] },
      );
      return 2;
    },
    down: async () => undefined,
    up: async () => undefined,
    stop: () => responder.stop(),
  };
}

providerSuite({ name: 'mdns', open, canBeAway: false });

describe('mdns', () => {
  let responder: MdnsResponder;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    responder = await MdnsResponder.start();
  });
  after(async () => {
    await Promise.all(closers.map((close) => close()));
    await responder.stop();
  });

  const watch = (settings: Record<string, unknown> = {}): RecordingSink => {
    const parsed = mdnsSettings.parse({
      interface: '127.0.0.1',
      port: responder.port,
      query_interval: '200ms',
      ...settings,
    });
    const provider = createProvider('mdns', parsed, { firstRetry: 20, longestRetry: 40 });
    closers.push(() => provider.close());
    const sink = new RecordingSink();
    provider.start(sink);
    return sink;
  };
  const base: Announced = { name: 'one', type: TYPE, host: '10.0.0.1', port: 80, txt: ['farp.enabled=true'] };

  it('the keys of Forge, those of the library, and neither', async () => {
    await responder.announce(
      {
        ...base,
        name: 'f',
        txt: ['farp.enabled=true', 'name=forge', 'id=forge-1', 'version=2.0.0', 'tags=a,b'],
      },
      {
        ...base,
        name: 'l',
        txt: [
          'farp.enabled=true',
          'farp.service=library',
          'farp.id=i-1',
          'farp.status=degraded',
          'farp.meta.farp.manifest=http://10.0.0.1/_farp/manifest',
        ],
      },
      { ...base, name: 'Plain', type: '_http._tcp', txt: ['Farp.Enabled=true', 'flag'] },
      { ...base, name: 'elsewhere', type: '_other._tcp' },
    );
    const sink = watch();
    await sink.until(() => sink.list?.length === 3, 'all three');
    const forge = sink.find('forge', 'forge-1');
    assert.deepEqual([forge?.version, forge?.tags], ['2.0.0', ['a', 'b']]);
    const library = sink.find('library', 'i-1');
    assert.equal(library?.status, 'degraded');
    assert.equal(library?.metadata['farp.manifest'], 'http://10.0.0.1/_farp/manifest');
    assert.equal(sink.find('Plain', 'Plain')?.metadata['flag'], '');
    const other = watch({ service_types: ['_other._tcp'] });
    await other.until(() => other.list?.length === 1, 'the other type');
    assert.equal(other.list?.[0]?.service, 'elsewhere');
  });

  it('who does not answer any more is gone when its records are over', async () => {
    const short = { ...base, name: 'short', ttl: 1, txt: ['farp.enabled=true', 'name=short'] };
    await responder.announce(short);
    const sink = watch();
    await sink.until(() => sink.of('short').length === 1, 'the instance');
    // Questions keep it alive beyond its second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.equal(sink.of('short').length, 1);
    responder.forget(short);
    await sink.until(() => sink.of('short').length === 0, 'its end');
  });

  it('one that moves has its new address only', async () => {
    const moving = { ...base, name: 'moving', txt: ['farp.enabled=true', 'name=moving'] };
    await responder.announce(moving);
    const sink = watch();
    await sink.until(() => sink.of('moving')[0]?.host === '10.0.0.1', 'the first address');
    await responder.announce({ ...moving, host: '10.0.0.9' });
    await sink.until(() => sink.of('moving')[0]?.host === '10.0.0.9', 'the second address');
  });
});

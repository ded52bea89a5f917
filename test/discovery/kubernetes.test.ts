import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { kubernetesSettings } from '../../src/config/schema/discovery-kubernetes.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import { KubernetesApi } from '../fakes/kubernetes-api.ts';
import { RecordingSink } from './recording-sink.ts';
import { providerSuite, type Stage, type TestInstance } from './suite.ts';
import { TcpLink } from './tcp-link.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'octopus-kubernetes-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function kubeconfig(port: number, user: Record<string, unknown> = {}): string {
  const file = path.join(folder, `config-${++files}`);
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}/` } }],
    users: [{ name: 'test', user }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

type Json = Record<string, unknown>;

const serviceNamed = (
  name: string,
  more: { annotations?: Json; labels?: Json; namespace?: string; spec?: Json } = {},
): Json => ({
  metadata: {
    name,
    namespace: more.namespace ?? 'default',
    labels: more.labels ?? {},
    annotations: more.annotations ?? {},
  },
  spec: more.spec ?? { ipFamilies: ['IPv4'] },
});

const sliceOf = (
  service: string,
  name: string,
  endpoints: Json[],
  more: Json & { namespace?: string } = {},
): Json => ({
  metadata: {
    name,
    namespace: more.namespace ?? 'default',
    labels: { 'kubernetes.io/service-name': service },
  },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints,
  ...more,
});

const endpoint = (name: string, address: string, more: Json = {}): Json => ({
  addresses: [address],
  conditions: { ready: true },
  targetRef: { kind: 'Pod', name },
  ...more,
});

async function open(): Promise<Stage> {
  const api = await new KubernetesApi().start();
  const link = await new TcpLink(api.port).up();
  const settings = kubernetesSettings.parse({ kubeconfig: kubeconfig(link.port) });
  // Each instance is a slice of its own: that is how a large service looks too.
  const slice = ({ service, id, host, port }: TestInstance): Json =>
    sliceOf(service, id, [endpoint(id, host)], { ports: [{ name: 'http', port }] });
  return {
    provider: (pace) => createProvider('kubernetes', settings, pace),
    put: async (...instances) => {
      for (const instance of instances) {
        api.put('services', serviceNamed(instance.service, { annotations: { ...instance.metadata } }));
        api.put('endpointslices', slice(instance));
      }
    },
    remove: async (instance) => api.remove('endpointslices', slice(instance)),
    putGarbage: async () => {
      api.put('services', serviceNamed('bad'));
      const bad: Json[] = [
        endpoint('no-address', '', { addresses: [] }),
        endpoint('bad-address', 'not an address'),
        endpoint('number', '', { addresses: [7] }),
      ];
      api.put('endpointslices', sliceOf('bad', 'bad-1', bad));
      api.put('endpointslices', sliceOf('bad', 'bad-2', [endpoint('no-port', '10.0.0.1')], { ports: null }));
      api.put('endpointslices', sliceOf('bad', 'bad-3', ['text', null] as never));
      api.put('services', serviceNamed('worse', { annotations: { long: 'x'.repeat(5_000) } }));
      api.put('endpointslices', sliceOf('worse', 'worse-1', [endpoint('w', '10.0.0.2')]));
      return 5;
    },
    down: () => link.down(),
    up: async () => void (await link.up()),
    stop: async () => {
      await link.down();
      await api.stop();
    },
  };
}

providerSuite({ name: 'kubernetes', open });

describe('kubernetes', () => {
  let api: KubernetesApi;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    api = await new KubernetesApi().start();
  });
  after(async () => {
    await Promise.all(closers.map((close) => close()));
    await api.stop();
  });

  const watch = (settings: Json = {}): RecordingSink => {
    const parsed = kubernetesSettings.parse({ kubeconfig: kubeconfig(api.port), ...settings });
    const provider = createProvider('kubernetes', parsed, { firstRetry: 20, longestRetry: 40 });
    closers.push(() => provider.close());
    const sink = new RecordingSink();
    provider.start(sink);
    return sink;
  };

  it('readiness, zones, versions, labels and annotations', async () => {
    api.put(
      'services',
      serviceNamed('orders', {
        labels: { 'farp.io/enabled': 'true', 'app.kubernetes.io/version': '2.1.0', team: 'a' },
        annotations: {
          'farp.weight': '30',
          team: 'b',
          'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(9_000),
        },
      }),
    );
    api.put(
      'endpointslices',
      sliceOf('orders', 'orders-a', [
        endpoint('p1', '10.0.0.1', { zone: 'eu-1' }),
        endpoint('p2', '10.0.0.2', { conditions: { ready: false } }),
        endpoint('p3', '10.0.0.3', { conditions: { ready: false, serving: true, terminating: true } }),
        endpoint('p4', '10.0.0.4', { conditions: { ready: false, serving: false, terminating: true } }),
        endpoint('p5', '10.0.0.5', { conditions: {} }),
      ]),
    );
    const sink = watch();
    await sink.until(() => sink.of('orders').length === 5, 'all five');
    assert.deepEqual(
      sink.of('orders').map(({ id, status }) => `${id} ${status}`),
      ['p1 healthy', 'p2 unhealthy', 'p3 draining', 'p4 stopping', 'p5 healthy'],
    );
    const [first] = sink.of('orders');
    assert.deepEqual([first?.zone, first?.version, first?.weight], ['eu-1', '2.1.0', 30]);
    assert.deepEqual(first?.metadata, {
      'farp.enabled': 'true',
      'app.kubernetes.io/version': '2.1.0',
      team: 'b',
      'farp.weight': '30',
    });
    assert.deepEqual(sink.refusals, []);
  });

  it('ports by name, by wish and with TLS; the preferred family of two', async () => {
    const ports = [
      { name: 'grpc', port: 9000 },
      { name: 'admin', port: 9001 },
      { name: 'https', port: 9443 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ];
    api.put('services', serviceNamed('tls', { spec: { ipFamilies: ['IPv6', 'IPv4'] } }));
    api.put('endpointslices', sliceOf('tls', 'tls-4', [endpoint('t', '10.0.1.1')], { ports }));
    api.put(
      'endpointslices',
      sliceOf('tls', 'tls-6', [endpoint('t', 'fd00::1')], { ports, addressType: 'IPv6' }),
    );
    api.put('services', serviceNamed('wish', { annotations: { 'farp.port': 'admin' } }));
    api.put('endpointslices', sliceOf('wish', 'wish-1', [endpoint('w', '10.0.1.2')], { ports }));
    const sink = watch();
    await sink.until(() => sink.of('tls').length + sink.of('wish').length === 2, 'both');
    assert.deepEqual(
      [...sink.of('tls'), ...sink.of('wish')].map(({ host, port, tls }) => [host, port, tls]),
      [
        ['fd00::1', 9443, true],
        ['10.0.1.2', 9001, false],
      ],
    );
  });

  it('only services with the labels, in the namespaces that were named', async () => {
    api.put('services', serviceNamed('mine', { namespace: 'shop', labels: { part: 'octopus' } }));
    api.put('services', serviceNamed('other', { namespace: 'shop' }));
    for (const name of ['mine', 'other']) {
      api.put(
        'endpointslices',
        sliceOf(name, `${name}-1`, [endpoint(name, '10.0.2.1')], {
          namespace: 'shop',
          metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
        }),
      );
    }
    const one = watch({ namespace: 'shop', label_selector: 'part=octopus' });
    await one.until(() => one.list?.length === 1, 'the one with the label');
    assert.equal(one.of('mine').length, 1);
    const all = watch({ namespaces: ['*'], label_selector: 'part=octopus' });
    await all.until(() => all.list?.length === 1, 'the one of all namespaces');
    assert.equal(all.of('mine.shop').length, 1);
  });

  it('watches end and go on from the last version; a version that is gone means a new list', async () => {
    const sink = watch();
    await sink.until(() => sink.list !== null, 'the first list');
    const { lists } = api;
    const add = async (name: string) => {
      api.put('services', serviceNamed(name));
      api.put('endpointslices', sliceOf(name, `${name}-1`, [endpoint(name, '10.0.3.1')]));
      await sink.until(() => sink.of(name).length === 1, name);
    };
    await add('before');
    api.bookmark();
    api.endWatches();
    await add('after-the-end');
    assert.equal(api.lists, lists, 'no list was needed');
    api.compact();
    api.expireWatches();
    await add('after-410');
    assert.ok(api.lists > lists);
    api.remove('services', serviceNamed('before'));
    await sink.until(() => sink.of('before').length === 0, 'a service to vanish');
    assert.deepEqual(sink.failures, []);
  });

  it('tokens, also from a program; refusals say what to do', async () => {
    api.token = 'secret';
    const anonymous = watch();
    await anonymous.until(() => anonymous.failures.length > 0, 'the refusal');
    assert.match(anonymous.failures[0] ?? '', /answers 401/);
    const status = { token: 'secret', expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() };
    const script = `process.stdout.write(JSON.stringify({status:${JSON.stringify(status)}}))`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
    };
    for (const user of [{ token: 'secret' }, { exec }]) {
      const sink = watch({ kubeconfig: kubeconfig(api.port, user) });
      await sink.until(() => sink.of('orders').length === 5, 'the list');
    }
    api.token = '';
    api.forbidden = true;
    const forbidden = watch();
    await forbidden.until(() => forbidden.failures.length > 0, 'the refusal');
    assert.match(forbidden.failures[0] ?? '', /answers 403 .*docs\/discovery\/kubernetes\.md/);
    api.forbidden = false;
  });
});

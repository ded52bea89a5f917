import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RecordingSink } from '../../../test/discovery/recording-sink.ts';
import { staticSettings } from '../../config/schema/discovery-static.ts';
import { createProvider } from '../create-provider.ts';

it('static services are told once, as they stand in the configuration', async () => {
  const settings = staticSettings.parse({
    services: [
      {
        name: 'orders',
        version: '2.3.0',
        instances: [
          '10.0.0.7:8080',
          'https://[2001:db8::1]',
          {
            address: 'orders.example.com:80',
            id: 'o-3',
            weight: 0,
            zone: 'b',
            metadata: { 'farp.health': '/ready' },
          },
        ],
        metadata: { 'farp.enabled': 'true', 'farp.health': '/health' },
      },
      { name: 'empty' },
    ],
  });
  const sink = new RecordingSink();
  const provider = createProvider('static', settings);
  provider.start(sink);
  await sink.until(() => sink.list !== null, 'the list');
  assert.deepEqual(
    sink.list?.map(({ id, host, port, tls, weight, zone, metadata }) => [
      id,
      `${tls ? 'tls ' : ''}${host} ${port}`,
      `${weight} ${zone}`,
      metadata['farp.health'],
    ]),
    [
      ['10.0.0.7:8080', '10.0.0.7 8080', '100 ', '/health'],
      ['[2001:db8::1]', 'tls 2001:db8::1 443', '100 ', '/health'],
      ['o-3', 'orders.example.com 80', '0 b', '/ready'],
    ],
  );
  assert.equal(sink.list?.[0]?.version, '2.3.0');
  assert.equal(await provider.read?.('key'), null);
  await provider.close();
  assert.deepEqual([sink.failures, sink.refusals, sink.publications], [[], [], 1]);
});

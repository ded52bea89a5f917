import { etcdSettings } from '../../src/config/schema/discovery-etcd.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import { EtcdServer } from './etcd-server.ts';
import { providerSuite, type Stage, type TestInstance } from './suite.ts';
import { TcpLink } from './tcp-link.ts';

const keyOf = ({ service, id }: TestInstance): string => `farp/services/${service}/${id}`;

/** As the FARP library writes it. */
const documentOf = ({ service, id, host, port, metadata }: TestInstance): string =>
  JSON.stringify({
    id,
    service_name: service,
    version: '1.0.0',
    address: host,
    port,
    status: 'healthy',
    metadata,
  });

async function open(): Promise<Stage | { readonly missing: string }> {
  const server = await EtcdServer.start();
  if ('missing' in server) return server;
  const link = await new TcpLink(server.port).up();
  const { client } = server;
  const settings = etcdSettings.parse({});
  return {
    provider: (pace) =>
      createProvider('etcd', { ...settings, endpoints: [`http://127.0.0.1:${link.port}`] }, pace),
    put: async (...instances) => {
      for (let start = 0; start < instances.length; start += 100) {
        const batch = instances.slice(start, start + 100);
        await client
          .if('none', 'Version', '==', 0)
          .then(...batch.map((one) => client.put(keyOf(one)).value(documentOf(one))))
          .commit();
      }
    },
    remove: async (instance) => void (await client.delete().key(keyOf(instance))),
    putGarbage: async () => {
      const garbage: [string, string | Buffer][] = [
        ['farp/services/bad/no-json', '{'],
        ['farp/services/bad/list', '[]'],
        ['farp/services/bad/null', 'null'],
        ['farp/services/bad/no-address', '{"id":"a","port":80}'],
        ['farp/services/bad/no-port', '{"address":"10.0.0.1"}'],
        ['farp/services/bad/port', '{"address":"10.0.0.1","port":"eighty"}'],
        ['farp/services/bad/host', '{"address":"not a host","port":80}'],
        ['farp/services/bad/control', '{"id":"a\\u0000b","address":"10.0.0.1","port":80}'],
        ['farp/services/bad/metadata', '{"address":"10.0.0.1","port":80,"metadata":{"n":1,"l":[],"t":"x"}}'],
        ['farp/services/bad/proto', '{"address":"10.0.0.1","port":80,"metadata":{"__proto__":{"a":"b"}}}'],
        [
          'farp/services/bad/long',
          JSON.stringify({ address: '10.0.0.1', port: 80, metadata: { l: 'x'.repeat(5_000) } }),
        ],
        ['farp/services/bad/bytes', Buffer.from([0xff, 0xfe, 0x00])],
        ['farp/services/bad/instances/x/manifest.gz', Buffer.from('no gzip')],
      ];
      for (const [key, value] of garbage) await client.put(key).value(value);
      await client.put('farp/services/not-enough').value('ignored: no instance');
      return garbage.length;
    },
    down: () => link.down(),
    up: async () => void (await link.up()),
    stop: async () => {
      await link.down();
      await server.stop();
    },
  };
}

providerSuite({ name: 'etcd', open });

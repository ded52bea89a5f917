import { consulSettings } from '../../src/config/schema/discovery-consul.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import { ConsulAgent, type ConsulInstance } from '../fakes/consul-agent.ts';
import { providerSuite, type Stage, type TestInstance } from './suite.ts';
import { TcpLink } from './tcp-link.ts';

const toConsul = ({ service, id, host, port, metadata }: TestInstance): ConsulInstance => ({
  service,
  id,
  address: host,
  port,
  meta: metadata,
});

async function open(): Promise<Stage> {
  const agent = await new ConsulAgent().start();
  const link = await new TcpLink(agent.port).up();
  return {
    provider: (pace, services) =>
      createProvider(
        'consul',
        consulSettings.parse({
          // A thousand connections are enough, without those of the link.
          address: `http://127.0.0.1:${services.length > 100 ? agent.port : link.port}`,
          wait: '5s',
          // Each of many services has a question of its own, as the manual says for agents that allow it.
          watches: Math.max(150, services.length + 10),
        }),
        pace,
      ),
    put: async (...instances) => agent.register(...instances.map(toConsul)),
    remove: async (instance) => agent.deregister(instance),
    putGarbage: async () => {
      const garbage: ConsulInstance[] = [
        { service: 'bad', id: 'no-port', address: '10.0.0.1' },
        { service: 'bad', id: 'port', address: '10.0.0.1', port: 70_000 },
        { service: 'bad', id: 'text', address: '10.0.0.1', port: 'http' },
        { service: 'bad', id: 'host', address: 'not a host', port: 80 },
        { service: 'bad', id: 'control\u0001', address: '10.0.0.1', port: 80 },
        { service: 'bad', id: 'meta', address: '10.0.0.1', port: 80, meta: { n: 1 } },
        { service: 'bad', id: 'metas', address: '10.0.0.1', port: 80, meta: ['x'] },
        { service: 'bad', id: 'tags', address: '10.0.0.1', port: 80, tags: 'x' },
        { service: 'bad/../name', id: '', address: '10.0.0.1', port: 80 },
      ];
      agent.register(...garbage);
      return garbage.length;
    },
    down: () => link.down(),
    up: async () => void (await link.up()),
    stop: async () => {
      await link.down();
      await agent.stop();
    },
  };
}

providerSuite({ name: 'consul (protocol-level fake)', open });

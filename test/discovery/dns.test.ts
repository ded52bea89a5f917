import { dnsSettings } from '../../src/config/schema/discovery-dns.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import { DnsServer } from '../support/dns-server.ts';
import { providerSuite, type Stage, type TestInstance } from './suite.ts';

const recordOf = (service: string): string => `_${service}._tcp.example.test`;
const targetOf = (host: string): string => `h-${host.replaceAll('.', '-')}.example.test`;

/** Seconds: changes of a thousand services are seen when it is over. */
const MANY_TTL = 3;

/** Services with a record each, of which there are none until an instance is registered. */
async function open(): Promise<Stage> {
  const server = new DnsServer();
  await server.start();
  const services = new Map<string, Map<string, TestInstance>>();
  const publish = (service: string): void => {
    const instances = [...(services.get(service)?.values() ?? [])];
    const srv = instances.map(({ host, port }) => ({ target: targetOf(host), port }));
    for (const { host } of instances) server.names.set(targetOf(host), { addresses: [host], ttl: 60 });
    const ttl = service.startsWith('many-') ? MANY_TTL : 0;
    if (srv.length > 0) server.names.set(recordOf(service), { addresses: [], ttl, srv });
    else server.names.delete(recordOf(service));
  };
  return {
    provider: (pace, names) =>
      createProvider(
        'dns',
        dnsSettings.parse({
          servers: [server.address],
          min_ttl: names.length > 100 ? '1s' : '20ms',
          services: names.map((name) => ({ name, record: recordOf(name) })),
        }),
        pace,
      ),
    put: async (...instances) => {
      for (const instance of instances) {
        const service = services.get(instance.service) ?? new Map();
        services.set(instance.service, service.set(instance.id, instance));
      }
      for (const service of new Set(instances.map(({ service }) => service))) publish(service);
    },
    remove: async ({ service, id }) => {
      services.get(service)?.delete(id);
      publish(service);
    },
    putGarbage: async () => {
      const srv = [
        { target: 'no-such-host.example.test', port: 80 },
        { target: targetOf('10.1.4.2'), port: 0 },
      ];
      server.names.set(recordOf('bad'), { addresses: [], ttl: 0, srv });
      return srv.length;
    },
    down: async () => {
      server.behaviour = 'servfail';
    },
    up: async () => {
      server.behaviour = 'answer';
    },
    stop: async () => server.stop(),
  };
}

providerSuite({ name: 'dns', open, hasMetadata: false, latency: MANY_TTL * 1_000 });

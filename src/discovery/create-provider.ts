/** A provider for each backend. Its code and library are loaded when it is started: a gateway pays for what it uses. */
import type { BackendSettings } from '../config/schema/discovery.ts';
import type { Backend } from './backend.ts';
import type { Pace } from './pace.ts';
import type { Provider } from './provider.ts';
import { Supervisor } from './supervisor.ts';

type Opener<Name extends keyof BackendSettings> = (settings: BackendSettings[Name]) => Promise<Backend>;

const OPENERS: { readonly [Name in keyof BackendSettings]: Opener<Name> } = {
  static: async (settings) => new (await import('./static/static-backend.ts')).StaticBackend(settings),
  kubernetes: async (settings) =>
    new (await import('./kubernetes/kubernetes-backend.ts')).KubernetesBackend(settings),
  consul: async (settings) => new (await import('./consul/consul-backend.ts')).ConsulBackend(settings),
  etcd: async (settings) => new (await import('./etcd/etcd-backend.ts')).EtcdBackend(settings),
  dns: async (settings) => new (await import('./dns/dns-backend.ts')).DnsBackend(settings),
  eureka: async (settings) => new (await import('./eureka/eureka-backend.ts')).EurekaBackend(settings),
  mdns: async (settings) => new (await import('./mdns/mdns-backend.ts')).MdnsBackend(settings),
};

/** @param pace other than the usual one, for tests */
export function createProvider<Name extends keyof BackendSettings>(
  name: Name,
  settings: BackendSettings[Name],
  pace: Partial<Pace> = {},
): Provider {
  const open: Opener<Name> = OPENERS[name];
  return new Supervisor(name, () => open(settings), pace);
}

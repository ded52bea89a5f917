/** `discovery`: the backends in which services are found, each configured under its own name. */
import { z } from 'zod';
import { consulSettings } from './discovery-consul.ts';
import { dnsSettings } from './discovery-dns.ts';
import { etcdSettings } from './discovery-etcd.ts';
import { eurekaSettings } from './discovery-eureka.ts';
import { kubernetesSettings } from './discovery-kubernetes.ts';
import { mdnsSettings } from './discovery-mdns.ts';
import { staticSettings } from './discovery-static.ts';
import { oneOf } from './scalars.ts';

export const BACKENDS = ['static', 'kubernetes', 'consul', 'etcd', 'eureka', 'dns', 'mdns'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Settings of each backend, by its name. */
export const backendSettings = {
  static: staticSettings,
  kubernetes: kubernetesSettings,
  consul: consulSettings,
  etcd: etcdSettings,
  eureka: eurekaSettings,
  dns: dnsSettings,
  mdns: mdnsSettings,
};

export const discoverySchema = z.strictObject({
  backend: oneOf(BACKENDS).optional().describe('Where services are found. See [discovery.md](discovery.md).'),
  backends: z
    .array(oneOf(BACKENDS))
    .prefault([])
    .describe('Several at once; `backend` is one more. See [discovery.md](discovery.md).'),
  expose: oneOf(['farp', 'all'])
    .prefault('farp')
    .describe(
      '`farp`: services get routes if they speak FARP. `all`: every service that is found is at `/NAME/…`, whole.',
    ),
  static: staticSettings.optional().describe('See [discovery/static.md](discovery/static.md).'),
  kubernetes: kubernetesSettings
    .optional()
    .describe('See [discovery/kubernetes.md](discovery/kubernetes.md).'),
  consul: consulSettings.optional().describe('See [discovery/consul.md](discovery/consul.md).'),
  etcd: etcdSettings.optional().describe('See [discovery/etcd.md](discovery/etcd.md).'),
  eureka: eurekaSettings.optional().describe('See [discovery/eureka.md](discovery/eureka.md).'),
  dns: dnsSettings.optional().describe('See [discovery/dns.md](discovery/dns.md).'),
  mdns: mdnsSettings.optional().describe('See [discovery/mdns.md](discovery/mdns.md).'),
});

export type BackendSettings = {
  readonly [Name in keyof typeof backendSettings]: z.output<(typeof backendSettings)[Name]>;
};

export type DiscoveryConfig = z.output<typeof discoverySchema>;

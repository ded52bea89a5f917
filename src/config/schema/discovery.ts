/** `discovery`: the backends in which services are found, each configured under its own name. */
import { z } from 'zod';
import { parseEndpoint } from '../endpoint.ts';
import { oneOf, positiveDuration, text, whole } from './scalars.ts';

export const BACKENDS = ['static', 'kubernetes', 'consul', 'etcd', 'eureka', 'dns', 'mdns'] as const;
export type BackendName = (typeof BACKENDS)[number];

const filePath = () => text('the path of a file', (value) => value.trim() !== '');
const serverUrl = (example: string) =>
  text(
    `a URL such as ${example}`,
    (value) => /^https?:\/\/[^\s/?#]+\/?$/i.test(value) && URL.canParse(value),
    (value) => value.replace(/\/$/, ''),
  );

const metadata = () =>
  z
    .record(z.string(), z.string({ error: 'expected text (quote numbers and true or false)' }))
    .prefault({})
    .describe('What the instances are to say of themselves, such as `farp.enabled: "true"`.');

const clientTls = z.strictObject({
  ca: filePath()
    .optional()
    .describe('Only certificates of these authorities are trusted, PEM. Default: those of the system.'),
  cert: filePath().optional().describe('Client certificate, PEM.'),
  key: filePath().optional().describe('Its private key, PEM, without password.'),
});

const serviceName = () => text('a name', (value) => value.trim() !== '');

const staticInstance = z.union(
  [
    text('host:port', isEndpoint).transform((address) => ({ address })),
    z.strictObject({
      address: text('host:port', isEndpoint).describe('`host:port`, with `https://` in front for TLS.'),
      id: serviceName().optional().describe('Default: the address.'),
      weight: whole(0, 100).prefault(100).describe('Share of the traffic beside other instances.'),
      zone: z.string().prefault('').describe('Where it runs.'),
      metadata: metadata(),
    }),
  ],
  { error: 'expected host:port, or a map with address' },
);

const staticService = z.strictObject({
  name: serviceName().describe('Name of the service.'),
  version: z.string().prefault('').describe('Version of the service.'),
  instances: z.array(staticInstance).prefault([]).describe('Where it runs.'),
  metadata: metadata(),
});

export const staticSettings = z.strictObject({
  services: z.array(staticService).prefault([]).describe('Services that stand here and nowhere else.'),
});

export const etcdSettings = z.strictObject({
  endpoints: z
    .array(serverUrl('http://127.0.0.1:2379'))
    .min(1, { error: 'expected at least one endpoint' })
    .prefault(['http://127.0.0.1:2379'])
    .describe('Members of the cluster; all `http://` or all `https://`.'),
  prefix: z
    .union([z.string().transform((one) => [one]), z.array(z.string()).min(1)], {
      error: 'expected a text or a list of texts',
    })
    .prefault(['farp', '', '/forge'])
    .describe('Services are looked for below `PREFIX/services/`: one prefix, or several.'),
  username: z.string().optional().describe('User, where the cluster asks for one.'),
  password: z.string().optional().describe('Password of the user.'),
  tls: clientTls.prefault({}).describe('TLS towards `https://` endpoints.'),
});

/** Servers are given with the path of their API: `/eureka` with Spring, `/eureka/v2` with Netflix. */
const eurekaUrl = () =>
  text(
    'a URL such as http://127.0.0.1:8761/eureka',
    (value) => /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i.test(value) && URL.canParse(value),
    (value) => value.replace(/\/+$/, ''),
  );

export const eurekaSettings = z.strictObject({
  servers: z
    .array(eurekaUrl())
    .min(1, { error: 'expected at least one server' })
    .prefault(['http://127.0.0.1:8761/eureka'])
    .describe(
      'Servers of one cluster, with the path of their API; when one does not answer the next is asked.',
    ),
  poll_interval: positiveDuration()
    .prefault('5s')
    .describe('Time between two looks. Servers answer from a cache that may be 30 seconds old.'),
  address: oneOf(['ip', 'hostname'])
    .prefault('ip')
    .describe('How instances are reached: at the `ipAddr` or the `hostName` that they registered.'),
  username: z.string().optional().describe('User, where the servers ask for one.'),
  password: z.string().optional().describe('Password of the user.'),
  tls: clientTls.prefault({}).describe('TLS towards `https://` servers.'),
});

export const kubernetesSettings = z.strictObject({
  namespace: z.string().prefault('default').describe('Namespace that is watched.'),
  label_selector: z.string().prefault('').describe('Only services with these labels.'),
});

/** Settings of each backend, by its name. */
export const backendSettings = {
  static: staticSettings,
  etcd: etcdSettings,
  eureka: eurekaSettings,
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
  static: staticSettings.optional().describe('Settings of the static backend.'),
  kubernetes: kubernetesSettings.optional().describe('Settings of the kubernetes backend.'),
  etcd: etcdSettings.optional().describe('Settings of the etcd backend.'),
  eureka: eurekaSettings.optional().describe('Settings of the eureka backend.'),
});

export type BackendSettings = {
  readonly [Name in keyof typeof backendSettings]: z.output<(typeof backendSettings)[Name]>;
};

/** The backends to be watched, each once, in the order in which they are named. */
export function configuredBackends({
  backend,
  backends,
}: Pick<z.output<typeof discoverySchema>, 'backend' | 'backends'>): BackendName[] {
  return [...new Set(backend === undefined ? backends : [backend, ...backends])];
}

/** Settings of a backend: as configured, else its defaults. */
export function settingsOf<Name extends keyof BackendSettings>(
  discovery: Partial<z.output<typeof discoverySchema>>,
  name: Name,
): BackendSettings[Name] {
  return (discovery[name] ?? backendSettings[name].parse({})) as BackendSettings[Name];
}

function isEndpoint(value: string): boolean {
  return typeof parseEndpoint(value) !== 'string';
}

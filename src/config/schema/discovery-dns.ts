/** `discovery.dns` */
import { z } from 'zod';
import { isHostName } from '../values.ts';
import { metadata, serviceName } from './discovery-parts.ts';
import { flag, nameServer, oneOf, port, positiveDuration, text } from './scalars.ts';

const service = z
  .strictObject({
    name: serviceName().describe('Name of the service.'),
    record: text('a DNS name', isHostName).describe('Where it stands: `_orders._tcp.example.com`.'),
    type: oneOf(['srv', 'address'])
      .optional()
      .describe('SRV records, or A and AAAA. Default: `srv` for names that begin with `_`, else `address`.'),
    port: port().min(1).optional().describe('For addresses: the port, which only SRV records know.'),
    tls: flag().prefault(false).describe('The instances speak TLS.'),
    metadata: metadata(),
  })
  .transform((one) => ({
    ...one,
    type: one.type ?? (one.record.startsWith('_') ? ('srv' as const) : ('address' as const)),
  }))
  .refine((one) => one.type === 'srv' || one.port !== undefined, {
    error: 'the port is missing: addresses in DNS have none',
  });

export const dnsSettings = z.strictObject({
  servers: z.array(nameServer()).prefault([]).describe('Name servers; empty means those of the system.'),
  min_ttl: positiveDuration().prefault('1s').describe('An answer is kept at least this long.'),
  max_ttl: positiveDuration().prefault('30s').describe('And at most this long.'),
  services: z.array(service).prefault([]).describe('Services that stand in DNS.'),
});

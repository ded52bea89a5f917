/** `discovery.static` */
import { z } from 'zod';
import { parseEndpoint } from '../endpoint.ts';
import { metadata, serviceName } from './discovery-parts.ts';
import { text, whole } from './scalars.ts';

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

function isEndpoint(value: string): boolean {
  return typeof parseEndpoint(value) !== 'string';
}

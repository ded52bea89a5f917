/** `discovery.mdns` */
import { isIP } from 'node:net';
import { z } from 'zod';
import { positiveDuration, text, whole } from './scalars.ts';

const serviceType = () =>
  text('a service type such as _farp._tcp', (value) => /^_[A-Za-z0-9-]{1,63}\._(?:tcp|udp)$/.test(value));

export const mdnsSettings = z.strictObject({
  service_types: z
    .array(serviceType())
    .min(1, { error: 'expected at least one service type' })
    .prefault(['_farp._tcp', '_http._tcp', '_octopus._tcp'])
    .describe('What is browsed. Of what is found, services count that say `farp.enabled=true`.'),
  interface: text('an IPv4 address', (value) => isIP(value) === 4)
    .optional()
    .describe('Address of the interface that is listened on. Default: all of them.'),
  port: whole(1, 65_535).prefault(5353).describe('UDP port; another one than 5353 is for tests.'),
  query_interval: positiveDuration().prefault('10s').describe('Time between two questions who is there.'),
});

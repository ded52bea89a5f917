/** `discovery.consul` */
import { z } from 'zod';
import { clientTls, serverUrl } from './discovery-parts.ts';
import { duration, flag, oneOf, whole } from './scalars.ts';

export const consulSettings = z.strictObject({
  address: serverUrl('http://127.0.0.1:8500')
    .prefault('http://127.0.0.1:8500')
    .describe('The agent, best the one on the same machine.'),
  token: z.string().optional().describe('ACL token; it must be allowed to read services and nodes.'),
  datacenter: z.string().prefault('').describe('Datacenter; empty means that of the agent.'),
  health: oneOf(['any', 'passing'])
    .prefault('any')
    .describe(
      '`any`: all instances with the state of their checks. `passing`: only those without a warning or failure.',
    ),
  tags: z.array(z.string()).prefault([]).describe('Only instances with all of these tags.'),
  stale: flag()
    .prefault(true)
    .describe('Any server may answer, not only the leader: cheaper, and late by milliseconds.'),
  wait: duration()
    .refine((value) => value >= 1_000 && value <= 600_000, { error: 'expected a duration from 1s to 10m' })
    .prefault('1m')
    .describe('How long the agent holds a question when nothing changes.'),
  watches: whole(1, 10_000)
    .prefault(150)
    .describe(
      'Most questions that the agent holds at once, each on a connection of its own; agents allow 200 to a client unless told otherwise. More services than that take turns.',
    ),
  tls: clientTls.prefault({}).describe('TLS towards an `https://` address.'),
});

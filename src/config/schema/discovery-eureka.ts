/** `discovery.eureka` */
import { z } from 'zod';
import { clientTls } from './discovery-parts.ts';
import { oneOf, positiveDuration, text } from './scalars.ts';

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

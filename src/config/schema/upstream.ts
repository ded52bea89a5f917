/** `upstreams` and the parts of `routing` that are defaults for them. */
import { z } from 'zod';
import { isToken } from '../../http/characters.ts';
import { ENDPOINT_HELP, type EndpointAddress, parseEndpoint } from '../endpoint.ts';
import { inheritable } from './inherit.ts';
import { duration, flag, oneOf, percent, positiveDuration, statusRange, text, whole } from './scalars.ts';
import { upstreamTlsSchema } from './tls.ts';

export const loadBalance = () =>
  oneOf(['round-robin', 'weighted', 'random', 'two-choices', 'ewma', 'consistent-hash', 'least-connections']);

const HASH_ON_HELP = 'client_ip, path, header:NAME or cookie:NAME';

export const hashOn = () =>
  text(HASH_ON_HELP, (value) => {
    const colon = value.indexOf(':');
    if (colon < 0) return value === 'client_ip' || value === 'path';
    const kind = value.slice(0, colon);
    return (kind === 'header' || kind === 'cookie') && isToken(value.slice(colon + 1));
  }).meta({ pattern: '^(client_ip|path|(header|cookie):.+)$' });

/** Settings that can also be switched off with `false` where `routing` would switch them on. */
const orOff = <T extends z.ZodType>(schema: T, what: string) =>
  z.union([z.literal(false), schema], { error: `expected ${what}, or false to switch it off` });

export const grpcCheckSchema = z.strictObject({
  service: inheritable(
    text('the full name of a gRPC service such as orders.v1.Orders', (value) =>
      /^[^\s\p{Cc}]{0,200}$/u.test(value),
    ),
    '',
  ).describe('Service whose health is asked for. Default: the server as a whole.'),
});

const healthCheckKeys = z.strictObject({
  path: inheritable(
    text('a path that begins with "/"', (value) => value.startsWith('/') && !/[\s#]/.test(value)),
    '/health',
  ).describe('Requested with GET from every endpoint.'),
  interval: inheritable(positiveDuration(), '5s').describe('Time between two checks of an endpoint.'),
  timeout: inheritable(positiveDuration(), '1s').describe('A check that takes longer has failed.'),
  healthy_after: inheritable(whole(1, 1000), 2).describe(
    'Good checks in a row after which an endpoint is healthy again.',
  ),
  unhealthy_after: inheritable(whole(1, 1000), 3).describe(
    'Failed checks in a row after which an endpoint is unhealthy.',
  ),
  expect: inheritable(z.array(statusRange()).min(1, { error: 'expected at least one status' }), [
    '200-399',
  ]).describe('Statuses that count as good.'),
  grpc: inheritable(
    z.union([flag(), grpcCheckSchema], { error: 'expected true, false or { service }' }),
    false,
  ).describe(
    'Asks by gRPC (`grpc.health.v1`, over HTTP/2) instead of `path` and `expect`; only SERVING is good. `true`: the server as a whole.',
  ),
});

export const healthCheckSchema = healthCheckKeys.superRefine(({ grpc = false, path, expect }, context) => {
  if (grpc === false) return;
  const refuse = (key: 'path' | 'expect'): void =>
    context.addIssue({
      code: 'custom',
      path: [key],
      message: 'this is for checks by HTTP and has no effect beside grpc; take one of them out',
    });
  if (path !== undefined) refuse('path');
  if (expect !== undefined) refuse('expect');
});

export const outlierSchema = z.strictObject({
  consecutive_failures: inheritable(whole(1, 10_000), 5).describe(
    'Failed requests in a row (5xx, connect failure, timeout) after which an endpoint is ejected.',
  ),
  eject_for: inheritable(positiveDuration(), '30s').describe('Time without traffic for an ejected endpoint.'),
  max_ejected: inheritable(percent(), '50%').describe(
    'Largest share of the endpoints that may be ejected at once.',
  ),
});

export const circuitBreakerSchema = z.strictObject({
  failure_threshold: inheritable(whole(1, 10_000), 5).describe(
    'Failed exchanges in a row after which the upstream is cut off.',
  ),
  timeout: inheritable(positiveDuration(), '60s').describe('Time until probes are let through again.'),
  half_open_requests: inheritable(whole(1, 1000), 1).describe(
    'Probes let through at once; when they succeed the breaker closes.',
  ),
});

export const connectionsSchema = z.strictObject({
  max: inheritable(whole(1, 1_000_000), 1024).describe(
    'Most connections to each endpoint. Every worker has an equal share, at least one.',
  ),
  idle_timeout: inheritable(positiveDuration(), '60s').describe(
    'An unused connection is closed after this time.',
  ),
});

export const timeoutsSchema = z.strictObject({
  connect: inheritable(positiveDuration(), '2s').describe(
    'Time to open a connection, TLS handshake included.',
  ),
  first_byte: inheritable(duration(), '0s').describe(
    'From the request being sent whole to the first byte of the response, each try; else 504. 0: the longest `timeout` of the routes to it.',
  ),
  idle: inheritable(positiveDuration(), '60s').describe('Longest pause while a response body moves.'),
  total: inheritable(duration(), '0s').describe('Cap on the whole exchange, bodies included. 0 means none.'),
});

const healthCheck = () => orOff(healthCheckSchema, 'the settings of a health check');
const outlier = () => orOff(outlierSchema, 'the settings of outlier ejection');
const circuitBreaker = () => orOff(circuitBreakerSchema, 'the settings of a circuit breaker');

const endpointAddress = z.string().transform((value, context): EndpointAddress => {
  const parsed = parseEndpoint(value);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue({ code: 'custom', message: parsed });
  return z.NEVER;
});

const endpoint = z.union(
  [
    endpointAddress.transform((address) => ({ ...address, weight: 1 })),
    z
      .strictObject({
        address: endpointAddress.describe(
          '`host:port`, `http://host:port` or `https://host:port`; IPv6 in brackets.',
        ),
        weight: whole(0, 65_535)
          .prefault(1)
          .describe(
            'Share of the traffic in proportion to the other endpoints. 0: only clients that `sticky` keeps there.',
          ),
      })
      .transform(({ address, weight }) => ({ ...address, weight })),
  ],
  { error: `expected ${ENDPOINT_HELP}` },
);

export const upstreamSchema = z.strictObject({
  name: text('a name of letters, digits, ".", "_" and "-"', (value) =>
    /^[A-Za-z0-9][\w.-]{0,127}$/.test(value),
  ).describe('How routes refer to it; also the label in metrics.'),
  endpoints: z
    .array(endpoint, { error: 'expected a list of endpoints' })
    .min(1, { error: 'expected at least one endpoint' })
    .optional()
    .describe(
      'The instances: `host:port`, `http://host:port`, `https://host:port` or `{ address, weight }`.',
    ),
  service: text('the name of a service', (value) => /^[A-Za-z0-9][\w.-]*$/.test(value))
    .optional()
    .describe('Instead of `endpoints`: the instances of this service, as discovery finds them.'),
  load_balance: loadBalance()
    .optional()
    .describe('How an endpoint is picked. Default: `routing.load_balance`.'),
  hash_on: hashOn()
    .optional()
    .describe('For consistent-hash: what keeps a client on an endpoint. Default: `routing.hash_on`.'),
  sticky: z
    .strictObject({
      cookie: text('a cookie name', isToken).prefault('octopus_route').describe('Name of the cookie.'),
      ttl: duration().prefault('1h').describe('Lifetime of the cookie; 0 means until the browser closes.'),
    })
    .optional()
    .describe('Keeps a client on the endpoint of its first request with a cookie.'),
  health_check: healthCheck()
    .optional()
    .describe('Active health check. Keys left out: `routing.health_check`.'),
  outlier: outlier()
    .optional()
    .describe('Ejects endpoints that fail real requests. Keys left out: `routing.outlier`.'),
  circuit_breaker: circuitBreaker()
    .optional()
    .describe('Cuts the upstream off while it fails. Keys left out: `routing.circuit_breaker`.'),
  connections: connectionsSchema
    .optional()
    .describe('Connection pool. Keys left out: `routing.connections`.'),
  pipelining: whole(1, 64)
    .prefault(1)
    .describe(
      'Most GET, HEAD and OPTIONS requests under way on one connection; 1 is off. Costs less CPU, but a slow response holds up those behind it.',
    ),
  protocol: oneOf(['h1', 'h2', 'auto'])
    .prefault('h1')
    .describe(
      'Spoken with the endpoints: `h1` is HTTP/1.1, `h2` HTTP/2, over TLS by ALPN and else with prior knowledge; `auto` is what an endpoint prefers that is spoken to over TLS, and HTTP/1.1 with others.',
    ),
  tls: upstreamTlsSchema.optional().describe('TLS with endpoints that begin with `https://`.'),
  timeouts: timeoutsSchema.optional().describe('Time limits. Keys left out: `routing.timeouts`.'),
});

export const upstreamDefaults = {
  load_balance: loadBalance().prefault('round-robin').describe('How an endpoint is picked.'),
  hash_on: hashOn()
    .prefault('client_ip')
    .describe('For consistent-hash: what keeps a client on an endpoint.'),
  health_check: healthCheck().prefault(false).describe('Active health checks of all upstreams.'),
  outlier: outlier().prefault(false).describe('Outlier ejection for all upstreams.'),
  circuit_breaker: circuitBreaker().prefault(false).describe('Circuit breakers of all upstreams.'),
  connections: connectionsSchema.prefault({}).describe('Connection pools of all upstreams.'),
  timeouts: timeoutsSchema.prefault({}).describe('Time limits of all upstreams.'),
};

/** `server`: listeners, limits and what a worker does before routing. */
import { z } from 'zod';
import { isToken } from '../../http/characters.ts';
import { MAX_WORKERS } from '../../shared/memory.ts';
import {
  bindHost,
  cidr,
  duration,
  flag,
  nameServer,
  oneOf,
  port,
  positiveDuration,
  positiveSize,
  size,
  text,
  whole,
} from './scalars.ts';

const limits = z.strictObject({
  request_line: positiveSize().prefault('16KB').describe('Longest request line; longer ones get 414.'),
  header_bytes: positiveSize()
    .prefault('64KB')
    .describe('Largest request head, all header lines together; larger ones get 431.'),
  header_count: whole(1, 10_000).prefault(200).describe('Most header lines of a request; more get 431.'),
  body: size().prefault('100MB').describe('Largest request body; larger ones get 413. 0 means no limit.'),
  header_timeout: positiveDuration()
    .prefault('10s')
    .describe('Time in which the whole request head must have arrived; else 408.'),
  body_idle_timeout: positiveDuration()
    .prefault('30s')
    .describe('Longest pause while a request body arrives; else 408.'),
  keep_alive_timeout: positiveDuration()
    .prefault('75s')
    .describe('How long an idle client connection is kept open.'),
  connections: whole(1, 1_000_000)
    .prefault(50_000)
    .describe('Most open client connections of the whole gateway, shared equally by the workers.'),
});

const keepOrReject = () => oneOf(['keep', 'reject']);

const pathPolicy = z.strictObject({
  double_slash: oneOf(['merge', 'keep', 'reject'])
    .prefault('merge')
    .describe('`//` in a path: made one slash, kept, or answered with 400.'),
  encoded_slash: keepOrReject()
    .prefault('keep')
    .describe('`%2f` in a path: kept as written (it never separates segments), or 400.'),
  backslash: keepOrReject().prefault('reject').describe('`\\` and `%5c` in a path: kept as written, or 400.'),
  parameters: keepOrReject().prefault('keep').describe('`;parameters` in a path: kept as written, or 400.'),
});

const dns = z.strictObject({
  servers: z
    .array(nameServer())
    .prefault([])
    .describe('Name servers that resolve endpoint names; empty means those of the system.'),
  min_ttl: positiveDuration().prefault('1s').describe('A resolved name is kept at least this long.'),
  max_ttl: positiveDuration()
    .prefault('5m')
    .describe('A resolved name is looked up again at the latest after this time.'),
});

const http2 = z.strictObject({
  enabled: flag()
    .prefault(true)
    .describe(
      'Speaks HTTP/2: over TLS when the client agrees (ALPN), on the plain port when it begins with it.',
    ),
  max_concurrent_streams: whole(1, 10_000)
    .prefault(100)
    .describe('Most requests at once on one connection; further ones are refused.'),
  stream_window: positiveSize()
    .prefault('256KB')
    .describe('Bytes of a request body that a client may send before the gateway has passed any on.'),
  ping_interval: positiveDuration()
    .prefault('20s')
    .describe('A connection with open requests whose client does not answer a PING for this long is closed.'),
});

/** Milliseconds. */
const SHORTEST_HANG = 1_000;

export const serverSchema = z.strictObject({
  host: bindHost()
    .prefault('0.0.0.0')
    .describe('Address on which the gateway listens; `::` for IPv6 as well.'),
  http_port: port().prefault(8080).describe('Port for plain HTTP; 0 picks a free one.'),
  https_port: port()
    .prefault(8443)
    .describe('Port for HTTPS, when `tls.enabled` is true; 0 picks a free one.'),
  admin_port: port()
    .prefault(9090)
    .describe('Port of the admin API and the metrics on `server.host`; see `admin.address`.'),
  workers: z
    .union([z.literal('auto'), whole(1, MAX_WORKERS)], {
      error: `expected auto or a number from 1 to ${MAX_WORKERS}`,
    })
    .prefault('auto')
    .describe('Worker threads; `auto` is one per CPU core.'),
  worker_hang_timeout: duration()
    .refine((value) => value === 0 || value >= SHORTEST_HANG, {
      error: 'expected 0 (never) or a duration from 1s on',
    })
    .prefault('10s')
    .describe(
      'A worker thread whose event loop does not turn for this long is ended and replaced; 0 means never, else at least 1s. See [operations.md](operations.md#a-worker-that-hangs).',
    ),
  pin_cpus: flag()
    .prefault(false)
    .describe('Keeps each worker thread on a core of its own (Linux); see [operations.md](operations.md).'),
  direct_sockets: flag()
    .prefault(true)
    .describe(
      'Reads and writes plain connections past the streams of Node.js where the system has a way (Linux), for less CPU time; see [threads-and-reload.md](threads-and-reload.md#how-plain-connections-are-read).',
    ),
  io_uring: flag()
    .prefault(true)
    .describe(
      'With `direct_sockets`: serves many plain connections with one call where the kernel has io_uring (Linux 6.0) and lets the process use it; see [threads-and-reload.md](threads-and-reload.md#how-plain-connections-are-read).',
    ),
  engine: oneOf(['builtin', 'uws'])
    .prefault('builtin')
    .describe(
      'What accepts connections and reads requests; see [engines.md](engines.md) before you choose `uws`.',
    ),
  trusted_proxies: z
    .array(cidr())
    .prefault([])
    .describe('Address blocks of proxies in front whose X-Forwarded-* and X-Request-Id fields are believed.'),
  limits: limits.prefault({}).describe('What a client may send and how slowly.'),
  shutdown_timeout: duration()
    .prefault('30s')
    .describe('After SIGTERM, time for requests in flight to finish before they are cut.'),
  shutdown_delay: duration()
    .prefault('0s')
    .describe('After SIGTERM, time during which readiness is 503 but connections are still accepted.'),
  via: text('a name of letters, digits, "-" and "."', isToken)
    .prefault('octopus')
    .describe(
      'Name of this gateway in the Via field. A request that comes back to the process that sent it gets 508; gateways in a row may share a name.',
    ),
  path_policy: pathPolicy
    .prefault({})
    .describe('What happens to path spellings that servers read differently.'),
  http2: http2.prefault({}).describe('HTTP/2 towards clients.'),
  dns: dns.prefault({}).describe('How endpoint names are resolved.'),
});

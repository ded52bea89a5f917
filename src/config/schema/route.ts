/** `routes`, `middleware`, `plugins` and the parts of `routing` that are defaults for routes. */
import { z } from 'zod';
import { isToken } from '../../http/characters.ts';
import { RETRIABLE_GRPC } from '../../routing/grpc-conditions.ts';
import { parsePattern } from '../../routing/pattern.ts';
import { grpcMatchSchema } from './grpc.ts';
import { inheritable } from './inherit.ts';
import {
  duration,
  flag,
  headerName,
  headerValue,
  oneOf,
  percent,
  positiveDuration,
  size,
  text,
  whole,
} from './scalars.ts';
import { streamDefaults, streamKeys } from './streams.ts';

const RETRY_HELP = `connect-failure, reset, timeout, a status from 400 to 599, or of gRPC ${RETRIABLE_GRPC.join(', ')}`;

const retryCondition = z.union(
  [oneOf(['connect-failure', 'reset', 'timeout', ...RETRIABLE_GRPC]), whole(400, 599)],
  { error: `expected ${RETRY_HELP}` },
);

const attempts = () => whole(0, 20);

export const retriesSchema = z.strictObject({
  attempts: inheritable(attempts(), 2).describe('Tries after the first one; 0 switches retries off.'),
  on: inheritable(z.array(retryCondition), ['connect-failure', 'reset', 502, 503, 504]).describe(
    `What is tried again: ${RETRY_HELP}. Only idempotent requests are, unless the connection could not be made or a status of gRPC is named.`,
  ),
  per_try_timeout: inheritable(duration(), '0s').describe('Longest single try; 0: only `timeout` counts.'),
  budget: inheritable(percent(), '20%').describe(
    'Largest share of the requests to an upstream that may be retries. Those for want of a connection do not count; 0% allows none at all.',
  ),
  body_limit: inheritable(size(), '64KB').describe('A request body is kept for another try up to this size.'),
});

const retries = () =>
  z.union([attempts(), retriesSchema], {
    error: 'expected a number of retries or { attempts, on, per_try_timeout, budget, body_limit }',
  });

const pluginName = () =>
  text(
    'the name of a plugin',
    (value) => /^[A-Za-z0-9][\w.-]*$/.test(value),
    (value) => value.replaceAll('_', '-'),
  );

const pluginConfig = () =>
  z.record(z.string(), z.unknown(), { error: 'expected the settings of the plugin' });

export const middlewareItem = z.union(
  [
    pluginName(),
    z.strictObject({
      name: pluginName().describe('Name of a built-in plugin or of an entry in `plugins`.'),
      config: pluginConfig().prefault({}).describe('Settings of this use; replaces those in `plugins`.'),
    }),
  ],
  { error: 'expected the name of a plugin or { name, config }' },
);

export const pluginSchema = z.strictObject({
  name: pluginName().describe('How `middleware` refers to it; `_` and `-` are the same.'),
  path: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A JavaScript module (relative to this file) or an npm package that exports `plugin`. Without it: the built-in of that name.',
    ),
  config: pluginConfig().prefault({}).describe('Checked by the schema of the plugin.'),
  isolate: z
    .union(
      [
        flag(),
        z.strictObject({
          timeout: positiveDuration()
            .prefault('1s')
            .describe('A hook that takes longer ends its request with 504, and the thread is started anew.'),
        }),
      ],
      { error: 'expected true, false or { timeout }' },
    )
    .prefault(false)
    .describe('Runs the plugin in a thread of its own, where it cannot hold up the gateway.'),
});

const predicates = (name: z.ZodType<string, string>, what: string) =>
  z.record(
    name,
    z.union(
      [
        z.string(),
        z.strictObject({ regex: z.string().refine(isRegex, { error: 'expected a regular expression' }) }),
      ],
      { error: `expected the value of the ${what} as text (in quotes) or { regex }` },
    ),
  );

/** Without flags; matched anywhere in the value unless it is anchored. */
function isRegex(value: string): boolean {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}

const method = () =>
  text('an HTTP method such as GET', isToken, (value) => value.toUpperCase()).refine(
    (value) => value !== 'CONNECT' && value !== 'TRACE',
    { error: 'a gateway never forwards this method; take it out' },
  );

const pathPrefix = () =>
  text(
    'a path that begins with "/"',
    (value) => value.startsWith('/') && !/[\s?#]/.test(value),
    (value) => value.replace(/\/+$/, ''),
  );

const upstreamName = () => z.string({ error: 'expected the name of an upstream' });

const routeKeys = z.strictObject({
  path: z
    .string({ error: 'expected a path pattern such as /api/users/{id} or /static/*' })
    .superRefine((value, context) => {
      const parsed = parsePattern(value);
      if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.message });
    })
    .optional()
    .describe(
      'Exact (`/health`), with parameters (`/users/{id}` or `/users/:id`), the rest (`/files/{rest*}`), or everything below (`/static/*`). A route has `path` or `grpc`.',
    ),
  grpc: grpcMatchSchema
    .optional()
    .describe('Calls of gRPC and gRPC-Web by service and method, instead of `path` and `methods`.'),
  methods: z.array(method()).prefault([]).describe('Empty means every method. GET also admits HEAD.'),
  host: text('a host name without port, or *.example.com', isRouteHost, (value) =>
    value.toLowerCase().replace(/\.$/, ''),
  )
    .optional()
    .describe('Host name, or `*.example.com` for every name below. Without it: any host.'),
  headers: predicates(headerName(), 'header')
    .prefault({})
    .describe(
      'Header fields the request must have: `{ x-version: "2" }` or `{ x-version: { regex: "^[23]$" } }`.',
    ),
  query: predicates(z.string(), 'parameter')
    .prefault({})
    .describe('Query parameters the request must have, like `headers`.'),
  priority: whole(-1_000_000, 1_000_000)
    .prefault(0)
    .describe('A higher one wins over any more specific path.'),
  upstream: upstreamName()
    .optional()
    .describe('Where requests go. Exactly one of upstream, split, redirect and respond.'),
  split: z
    .array(
      z.strictObject({
        upstream: upstreamName().describe('Name of an upstream.'),
        weight: whole(0, 65_535).describe('Share in proportion to the other weights.'),
      }),
    )
    .min(1, { error: 'expected at least one { upstream, weight }' })
    .optional()
    .describe('Several upstreams by weight, instead of `upstream`.'),
  redirect: z
    .strictObject({
      status: z
        .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)], {
          error: 'expected one of 301, 302, 303, 307, 308',
        })
        .prefault(302)
        .describe('Status of the redirect.'),
      location: headerValue().describe(
        'Where to; may hold the parameters of the path such as `{id}`, and `{path}`, `{query}` and `{host}` of the request.',
      ),
    })
    .optional()
    .describe('Answers with a redirect, instead of `upstream`.'),
  respond: z
    .strictObject({
      status: whole(200, 599).prefault(200).describe('Status of the answer.'),
      headers: z
        .record(
          headerName(),
          z.union([headerValue(), z.array(headerValue())], {
            error: 'expected the value as text (in quotes)',
          }),
        )
        .prefault({})
        .describe('Header fields of the answer; a list makes several of one name.'),
      body: z.string({ error: 'expected text' }).prefault('').describe('Body of the answer.'),
    })
    .optional()
    .describe('Answers without any upstream.'),
  strip_prefix: pathPrefix().optional().describe('Taken off the front of the path before forwarding.'),
  rewrite: z
    .strictObject({
      pattern: z
        .string()
        .refine(isRegex, { error: 'expected a regular expression' })
        .describe('Regular expression, after `strip_prefix`.'),
      replacement: z.string().describe('What takes the place of the match; `$1` is the first group.'),
    })
    .optional()
    .describe('Changes the path before forwarding.'),
  add_prefix: pathPrefix().optional().describe('Put in front of the path before forwarding, last.'),
  preserve_host: flag()
    .optional()
    .describe('Forward the Host of the client. Default: `routing.preserve_host`.'),
  timeout: positiveDuration()
    .optional()
    .describe(
      'From the request being sent whole to the response head, over all tries; longer gets 504. Default: `routing.timeout`.',
    ),
  retries: retries().optional().describe('A number, or settings. Keys left out: `routing.retries`.'),
  ...streamKeys,
  middleware: z.array(middlewareItem).prefault([]).describe('Plugins of this route, after the global ones.'),
});

export const routeSchema = routeKeys.meta({ oneOf: [{ required: ['path'] }, { required: ['grpc'] }] });

/** Host names, IP addresses (IPv6 in brackets), and `*.` in front of a name. */
function isRouteHost(value: string): boolean {
  if (/^\[[0-9a-fA-F:.]+\]$/.test(value)) return true;
  return /^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/.test(
    value,
  );
}

export const routeDefaults = {
  timeout: positiveDuration()
    .prefault('30s')
    .describe('From the request being sent whole to the response head, over all tries.'),
  retries: retries().prefault({}).describe('Second tries: a number, or the settings in full.'),
  preserve_host: flag()
    .prefault(false)
    .describe('Forward the Host of the client; else that of the endpoint.'),
  ...streamDefaults,
};

/** `farp`: services that describe themselves. */
import { z } from 'zod';
import { checksSchema, pushSchema, webhooksSchema } from './farp-push.ts';
import { flag, positiveDuration, text, whole } from './scalars.ts';

/** Scheme and authority: paths are in the documents. */
const origin = () =>
  text('a URL such as https://api.example.com', (value) => {
    if (!/^https?:\/\/[^/?#\s]+\/?$/.test(value)) return false;
    return URL.canParse(value);
  }).transform((value) => value.replace(/\/$/, ''));

const hostName = () =>
  text('a domain such as api.example.com', (value) =>
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(value),
  ).transform((value) => value.toLowerCase());

const docsSchema = z.strictObject({
  title: z.string().prefault('Octopus gateway').describe('Title of the merged documents.'),
  description: z.string().prefault('All services behind this gateway.').describe('Their description.'),
  version: z.string().prefault('1.0.0').describe('Their version.'),
  public_url: origin()
    .optional()
    .describe(
      'Where clients reach the gateway. Default: the host name under which the documents are asked for, with `server.http_port`.',
    ),
});

export const farpSchema = z.strictObject({
  enabled: flag()
    .prefault(false)
    .describe('Builds routes from what services announce. See [services.md](services.md).'),
  watch_interval: positiveDuration()
    .prefault('5s')
    .describe(
      'Time between two looks at a service; more, when there are more than 200 instances for each second of it.',
    ),
  schema_cache_ttl: positiveDuration().prefault('5m').describe('How long a fetched schema is believed.'),
  state_file: text('the path of a file', (value) => value.trim() !== '')
    .optional()
    .describe(
      'Keeps registrations over a restart of the gateway; relative to the configuration file. Many services register only once. Default: they end with the process.',
    ),
  push: pushSchema.prefault({}).describe('Services that register themselves. See [farp.md](farp.md).'),
  checks: checksSchema.prefault({}).describe('How much a service may get wrong.'),
  webhooks: webhooksSchema.prefault({}).describe('Events between the gateway and services.'),
  domain: hostName()
    .optional()
    .describe('Services that want a host name of their own (mount strategy `subdomain`) get one below it.'),
  max_routes: whole(1, 100_000)
    .prefault(5_000)
    .describe('Most routes of one service; one with more is refused.'),
  docs: docsSchema.prefault({}).describe('The merged API documents at `/_/openapi.json` and `/_/docs`.'),
});

/** `farp.push`, `farp.checks` and `farp.webhooks`: what services may say to the gateway, and hear from it. */
import { z } from 'zod';
import { flag, oneOf, positiveDuration, text, whole } from './scalars.ts';

const credential = z.strictObject({
  name: text('a name of letters, digits, ".", "_" and "-"', (value) => /^[\w.-]{1,64}$/.test(value)).describe(
    'For the log, and to tell who registered what. A token may change under its name.',
  ),
  token: text('a token of at least 16 visible ASCII characters', (value) =>
    /^[\x21-\x7e]{16,512}$/.test(value),
  )
    .optional()
    .describe('The token itself; better taken from an environment variable.'),
  token_hash: text('"sha256:" and 64 hexadecimal digits', (value) => /^sha256:[0-9a-f]{64}$/i.test(value))
    .optional()
    .describe('Instead of `token`: its SHA-256; make one with: printf %s TOKEN | sha256sum'),
  services: z
    .array(
      text('the name of a service, with "*" for any part of it', (value) =>
        /^[A-Za-z0-9*][\w.*-]*$/.test(value),
      ),
    )
    .prefault([])
    .describe('Services that it may register, such as `orders` or `shop-*`. Empty: all.'),
});

const pushAuth = z.strictObject({
  type: oneOf(['bearer', 'none'])
    .optional()
    .describe(
      '`none` lets everyone who reaches the port register services. Default: `bearer` if there are credentials; without them nobody may, unless `server.host` is loopback.',
    ),
  credentials: z.array(credential).prefault([]).describe('Who may register services.'),
});

export const pushSchema = z.strictObject({
  enabled: flag().prefault(true).describe('Lets services register themselves at `/_farp/v1/register`.'),
  auth: pushAuth.prefault({}).describe('Who may.'),
  heartbeat_timeout: positiveDuration()
    .prefault('30s')
    .describe('An instance that has sent heartbeats is dropped after so long without one.'),
  probe_interval: positiveDuration()
    .prefault('10s')
    .describe('How often the gateway tries to connect to instances that send no heartbeats.'),
  unreachable_timeout: positiveDuration()
    .prefault('10m')
    .describe('They are dropped when that has failed for so long; they get no traffic meanwhile.'),
  registrations_per_minute: whole(1, 1_000_000)
    .prefault(600)
    .describe('Most registrations of one credential, or of one address where there are no credentials.'),
});

export const checksSchema = z.strictObject({
  manifests: oneOf(['lenient', 'strict'])
    .prefault('lenient')
    .describe(
      '`lenient`: a fault costs what it concerns and is a warning. `strict`: what the reference library refuses is refused.',
    ),
  checksum: oneOf(['reject', 'warn'])
    .prefault('reject')
    .describe('What comes of a manifest whose checksum is wrong.'),
  schema_hash: oneOf(['warn', 'reject'])
    .prefault('warn')
    .describe(
      'What comes of a schema whose hash is not that of its manifest. Services compute it in many ways, of which the gateway knows the usual ones.',
    ),
  fetch_timeout: positiveDuration()
    .prefault('10s')
    .describe(
      'Longest time in which a manifest or schema has to be there, from connecting to the last byte.',
    ),
  allowed_hosts: z
    .array(
      text('a host name, one with "*." in front, or an IP address', (value) =>
        /^(\*\.)?[\w.:-]+$/.test(value),
      ),
    )
    .prefault([])
    .describe('Further hosts from which services may have their schemas fetched; each may from its own.'),
});

export const webhooksSchema = z.strictObject({
  enabled: flag()
    .prefault(true)
    .describe('Tells services that ask for it in their manifest about what happens at the gateway.'),
  accept_unsigned: flag()
    .prefault(false)
    .describe('Takes webhooks of services that have no secret in their manifest, too.'),
});

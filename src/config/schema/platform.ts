/** `admin` and `observability`. */
import { z } from 'zod';
import { parseHostPort } from '../values.ts';
import { flag, oneOf, percent, text } from './scalars.ts';

const auth = z.strictObject({
  type: oneOf(['basic', 'none']).prefault('none').describe('`basic` asks for user name and password.'),
  username: text('a user name without ":"', (value) => value !== '' && !value.includes(':'))
    .optional()
    .describe('For `basic`.'),
  password_hash: z
    .string({ error: 'expected a bcrypt hash' })
    .refine(isBcrypt, {
      error:
        'expected a bcrypt hash ($2b$, cost, 53 characters); make one with: npx -p bcryptjs bcrypt PASSWORD',
    })
    .optional()
    .describe('For `basic`: the bcrypt hash of the password.'),
});

/** `$2b$...` is the placeholder of the examples: legal to load, impossible to log in with. */
export const PLACEHOLDER_HASH = /^\$2[aby]?\$\.\.\.$/;

function isBcrypt(value: string): boolean {
  return /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.test(value) || PLACEHOLDER_HASH.test(value);
}

export const adminSchema = z.strictObject({
  enabled: flag().prefault(true).describe('Serves health, metrics and the admin API.'),
  address: text('host:port', (value) => parseHostPort(value) !== null)
    .optional()
    .describe('Where it listens. Default: `server.host` with `server.admin_port`.'),
  auth: auth.prefault({}).describe('Guards everything but health, liveness and readiness.'),
  metrics_public: flag().prefault(false).describe('Serves the metrics without password.'),
});

const urlPath = () => text('a path that begins with "/"', (value) => /^\/[^\s?#]*$/.test(value));

export const observabilitySchema = z.strictObject({
  metrics: z
    .strictObject({
      enabled: flag().prefault(true).describe('Counts requests and serves the counters to Prometheus.'),
      path: urlPath().prefault('/metrics').describe('Where, on the admin address.'),
    })
    .prefault({})
    .describe('Prometheus metrics.'),
  tracing: z
    .strictObject({
      enabled: flag()
        .prefault(false)
        .describe('Exports spans. Not active yet: trace context is passed on in any case.'),
      exporter: oneOf(['otlp']).prefault('otlp').describe('How spans are sent.'),
      endpoint: text(
        'a URL such as http://collector:4317',
        (value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value),
      )
        .optional()
        .describe('Where spans are sent.'),
    })
    .prefault({})
    .describe('Distributed tracing.'),
  logging: z
    .strictObject({
      level: oneOf(['debug', 'info', 'warn', 'error'])
        .prefault('info')
        .describe('Least important level that is written.'),
      format: oneOf(['json', 'text'])
        .prefault('json')
        .describe('One JSON object per line, or text for people.'),
      access_log: z
        .strictObject({
          enabled: flag().prefault(true).describe('One line per request.'),
          sample: percent()
            .prefault('100%')
            .describe('Share of the requests that are logged; failures (level `error`) always are.'),
        })
        .prefault({})
        .describe('The log of requests.'),
    })
    .prefault({})
    .describe('Log lines on standard output.'),
});

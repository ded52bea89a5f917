/**
 * Building blocks of the schema. Messages here never hold the value that was found: the reporter adds it unless the
 * value is a secret.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { isFieldValue, isToken } from '../../http/characters.ts';
import { parseDuration, parseSize } from '../../shared/units.ts';
import {
  DURATION_PATTERN,
  isCidr,
  isHostName,
  isNameServer,
  parsePercent,
  parseStatusRange,
  SIZE_PATTERN,
} from '../values.ts';

/**
 * A value with a notation of its own. `T` is what the rest of the gateway sees; the JSON Schema shows `pattern`, the
 * manual `name`.
 */
function notation<T>(
  name: string,
  expected: string,
  pattern: string,
  parse: (value: string | number) => T | null,
) {
  return z
    .union([z.number(), z.string().meta({ pattern })], { error: `expected ${expected}` })
    .transform((value, context): T => {
      const parsed = parse(value);
      if (parsed !== null) return parsed;
      context.addIssue({ code: 'custom', message: `expected ${expected}` });
      return z.NEVER;
    })
    .meta({ notation: name });
}

/** Text that `valid` accepts, changed by `convert`. */
export function text(
  expected: string,
  valid: (value: string) => boolean,
  convert: (value: string) => string = (value) => value,
) {
  return z
    .string({ error: `expected ${expected}` })
    .refine(valid, { error: `expected ${expected}` })
    .transform(convert)
    .meta({ notation: expected });
}

const DURATION_HELP = 'a duration such as 500ms, 30s, 5m or 1h30m';

/** Milliseconds. */
export const duration = () => notation('duration', DURATION_HELP, DURATION_PATTERN, parseDuration);

/** Milliseconds, more than none. */
export const positiveDuration = () =>
  notation(
    'duration',
    `${DURATION_HELP}, longer than 0`,
    DURATION_PATTERN,
    (value) => parseDuration(value) || null,
  );

/** Bytes. */
export const size = () => notation('size', 'a size such as 512B, 64KB, 10MB or 1GB', SIZE_PATTERN, parseSize);

/** Bytes, more than none. */
export const positiveSize = () =>
  notation(
    'size',
    'a size such as 64KB or 10MB, larger than 0',
    SIZE_PATTERN,
    (value) => parseSize(value) || null,
  );

/** A share from 0 to 1. */
export const percent = () =>
  notation('share', 'a share such as 20% (or 0.2)', '^\\d+(\\.\\d+)?\\s*%?$', parsePercent);

export const statusRange = () =>
  notation(
    'status',
    'a status such as 200, 200-399 or 2xx',
    '^([1-5]\\d\\d(\\s*-\\s*[1-5]\\d\\d)?|[1-5][xX]{2})$',
    parseStatusRange,
  );

export const port = () =>
  z.int({ error: 'expected a port from 0 to 65535' }).min(0, PORT_RANGE).max(65_535, PORT_RANGE);
const PORT_RANGE = { error: 'expected a port from 0 to 65535' };

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number) => {
  const error = { error: `expected a whole number from ${min} to ${max}` };
  return z.int(error).min(min, error).max(max, error);
};

export const flag = () => z.boolean({ error: 'expected true or false' });

export const cidr = () => text('an address block such as 10.0.0.0/8 or fd00::/8', isCidr);

/** An address to listen on. */
export const bindHost = () =>
  text('an IP address or host name to listen on', (value) => isHostName(value) || isIP(value) !== 0);

export const nameServer = () =>
  text('an IP address with or without port, such as 10.0.0.2 or 10.0.0.2:53', isNameServer);

export const headerName = () =>
  text('a header name (letters, digits and "-")', isToken, (value) => value.toLowerCase());

export const headerValue = () => text('a header value in one line (no control characters)', isFieldValue);

/** One of `values`; the reporter adds the closest one. */
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `expected ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}` });

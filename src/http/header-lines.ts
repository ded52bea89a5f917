/** Between the field lines of HTTP/1.1, in which the gateway thinks, and the header lists of HTTP/2. */
import type { OutgoingHttpHeaders } from 'node:http2';

/**
 * What HTTP/2 has no place for: the connection is not the message's business there (RFC 9113 section 8.2.2).
 */
const CONNECTION_SPECIFIC = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'host',
  'http2-settings',
]);

/** Node wants these at most once; the first one counts, as it does for everybody who reads only one. */
const SINGLE = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);

/** Lists that may come as several fields, which Node does not let pass as such. */
const JOINED = new Set(['content-encoding', 'content-language', 'if-match', 'if-none-match']);

/**
 * Adds the fields of well-formed lines, each with its CRLF, to a header list: names in lower case, connection-specific
 * ones left out.
 */
export function addLines(headers: OutgoingHttpHeaders, lines: string): void {
  let at = 0;
  while (at < lines.length) {
    const end = lines.indexOf('\r\n', at);
    const colon = lines.indexOf(':', at);
    const name = lines.slice(at, colon).toLowerCase();
    const value = lines.slice(colon + 1, end).trim();
    at = end + 2;
    if (CONNECTION_SPECIFIC.has(name) || (name === 'te' && value !== 'trailers')) continue;
    // A field may be called `constructor`, which every object knows.
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (known === undefined) headers[name] = value;
    else if (JOINED.has(name)) headers[name] = `${String(known)}, ${value}`;
    else if (SINGLE.has(name)) continue;
    else if (Array.isArray(known)) known.push(value);
    else headers[name] = [String(known), value];
  }
}

/** The lines of a list of names and values as Node delivers it, without pseudo-fields. */
export function linesOf(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.charCodeAt(0) !== 0x3a) lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  }
  return lines;
}

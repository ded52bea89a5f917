/**
 * Which header fields pass a gateway and which it writes itself (rules B1 to B12). The tables are applied while the
 * head is written, so a field that stays costs nothing.
 */
import {
  dropTable,
  KIND_CLAIM,
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_EARLY_DATA,
  KIND_EXPECT,
  KIND_FORWARDED,
  KIND_HOST,
  KIND_KEEP_ALIVE,
  KIND_MAX_FORWARDS,
  KIND_PROXY_AUTHENTICATE,
  KIND_PROXY_AUTHORIZATION,
  KIND_PROXY_CONNECTION,
  KIND_REQUEST_ID,
  KIND_TE,
  KIND_TRACEPARENT,
  KIND_TRANSFER_ENCODING,
  KIND_UNDERSCORE,
  KIND_UPGRADE,
  KIND_VIA,
  KIND_X_FORWARDED,
  KIND_X_FORWARDED_FOR,
} from './field-kind.ts';

const HOP_BY_HOP = [
  KIND_CONNECTION,
  KIND_KEEP_ALIVE,
  KIND_PROXY_CONNECTION,
  KIND_TE,
  KIND_TRANSFER_ENCODING,
  KIND_UPGRADE,
] as const;

/** Whatever plugins add: the gateway alone writes these, except for the Content-Length of a response. */
export const DROP_ADDED: Uint8Array = dropTable(...HOP_BY_HOP, KIND_HOST);

/** Claims about the client that only a trusted proxy may make (rule B6), and names that alias dashed ones (A17). */
const UNTRUSTED_CLAIMS = [
  KIND_X_FORWARDED_FOR,
  KIND_X_FORWARDED,
  KIND_FORWARDED,
  KIND_CLAIM,
  KIND_REQUEST_ID,
  KIND_EARLY_DATA,
  KIND_UNDERSCORE,
] as const;

/** Taken out before any plugin or predicate looks at a request from an address that is no trusted proxy. */
export const DROP_UNTRUSTED: Uint8Array = dropTable(...UNTRUSTED_CLAIMS);

/** From a trusted proxy only the aliases go. */
export const DROP_TRUSTED: Uint8Array = dropTable(KIND_UNDERSCORE);

/** What never reaches an endpoint as received: hop-by-hop, consumed here, or written anew by the gateway. */
export const DROP_REQUEST: Uint8Array = dropTable(
  ...HOP_BY_HOP,
  ...UNTRUSTED_CLAIMS.filter((kind) => kind !== KIND_CLAIM && kind !== KIND_EARLY_DATA),
  KIND_HOST,
  KIND_CONTENT_LENGTH,
  KIND_EXPECT,
  KIND_PROXY_AUTHORIZATION,
  KIND_VIA,
  KIND_TRACEPARENT,
);

/** The same from an untrusted peer: its claims about itself do not pass either. */
export const DROP_REQUEST_UNTRUSTED: Uint8Array = (() => {
  const table = DROP_REQUEST.slice();
  table[KIND_CLAIM] = 1;
  table[KIND_EARLY_DATA] = 1;
  return table;
})();

/** OPTIONS carries Max-Forwards on, decremented (rule B5). */
export const DROP_MAX_FORWARDS: Uint8Array = dropTable(KIND_MAX_FORWARDS);

/** What a client never sees of a response. */
export const DROP_RESPONSE: Uint8Array = dropTable(
  ...HOP_BY_HOP,
  KIND_CONTENT_LENGTH,
  KIND_PROXY_AUTHENTICATE,
);

/** The same where the endpoint's Content-Length stands unchanged. */
export const DROP_RESPONSE_KEEP_LENGTH: Uint8Array = dropTable(...HOP_BY_HOP, KIND_PROXY_AUTHENTICATE);

/** Only what edits took out. */
export const DROP_REMOVED: Uint8Array = dropTable();

/** The same of the lines of a request, whose length stands elsewhere. */
export const DROP_REMOVED_AND_LENGTH: Uint8Array = dropTable(KIND_CONTENT_LENGTH);

/** Fields that must not arrive as trailers (rule C10): framing, routing, authentication, caching, content. */
const FORBIDDEN_TRAILERS = new Set([
  'content-length',
  'transfer-encoding',
  'trailer',
  'te',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'host',
  'expect',
  'max-forwards',
  'range',
  'authorization',
  'proxy-authorization',
  'proxy-authenticate',
  'www-authenticate',
  'authentication-info',
  'cookie',
  'set-cookie',
  'age',
  'cache-control',
  'expires',
  'date',
  'location',
  'retry-after',
  'vary',
  'pragma',
  'warning',
  'content-encoding',
  'content-type',
  'content-range',
]);

export function isAllowedTrailer(lowerName: string): boolean {
  return (
    !FORBIDDEN_TRAILERS.has(lowerName) && !lowerName.startsWith('x-forwarded-') && !lowerName.includes('_')
  );
}

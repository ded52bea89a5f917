import { ERRORS, type ErrorCode } from '../http/errors.ts';
import { problemBody } from '../http/problem.ts';
import type { PluginExchange, PluginReply } from './api.ts';

/**
 * A reply in the form of the gateway's own errors: `application/problem+json` (RFC 9457) with the status and title of
 * the error table and the request id.
 *
 * @param detail one sentence without its full stop; it goes to the client
 */
export function problemReply(
  exchange: PluginExchange,
  code: ErrorCode,
  detail = '',
  headers?: Readonly<Record<string, string>>,
): PluginReply {
  return {
    status: ERRORS[code].status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
    body: problemBody(code, exchange.requestId, detail),
  };
}

/** The field lines that the gateway writes into every request it forwards (rules B1 to B8). */
import type { Exchange } from '../engine/exchange.ts';
import type { Peer } from '../engine/peer.ts';
import {
  KIND_FORWARDED,
  KIND_MAX_FORWARDS,
  KIND_VIA,
  KIND_X_FORWARDED,
  KIND_X_FORWARDED_FOR,
} from '../http/field-kind.ts';
import { DROP_REQUEST, DROP_REQUEST_UNTRUSTED } from '../http/forwarding.ts';
import { BODY_CHUNKED, BODY_LENGTH } from '../http/framing.ts';
import { flat } from '../http/latin1.ts';
import type { RequestHead } from '../http/request-head.ts';

const REQUEST_ID = 'X-Request-Id: ';
export const TAKES_TRAILERS = 'TE: trailers\r\nConnection: TE\r\n';

/** From a trusted proxy X-Forwarded-* and Forwarded pass as they are. */
const DROP_REQUEST_TRUSTED: Uint8Array = (() => {
  const table = DROP_REQUEST.slice();
  table[KIND_X_FORWARDED] = 0;
  table[KIND_FORWARDED] = 0;
  return table;
})();

/**
 * All field lines of the forwarded request but Host and framing.
 *
 * @param idLines request id, as the end of its field line, and the line of the trace
 * @param via pseudonym and instance, e.g. `octopus (3f2a)`
 */
export function forwardedLines(exchange: Exchange, idLines: string, via: string): string {
  const { head, peer } = exchange;
  const headers = head.headers;
  const certificate = peer.tls === null ? '' : peer.tls.forwardedCertificate;
  if (certificate !== '') headers.delete('client-cert');
  let lines: string;
  if (peer.trusted) {
    lines = headers.lines(DROP_REQUEST_TRUSTED) + trustedLines(exchange, peer, head);
    lines += `Via: ${viaValue(head, via)}\r\n${REQUEST_ID}`;
  } else {
    lines = headers.lines(DROP_REQUEST_UNTRUSTED);
    if (head.version === 11 && headers.indexOfKind(KIND_VIA) < 0) {
      lines += untrustedLines(peer, head, exchange.scheme, via);
    } else {
      lines += claimLines(peer, head, exchange.scheme);
      lines += `Via: ${viaValue(head, via)}\r\n${REQUEST_ID}`;
    }
  }
  lines += idLines;
  if (certificate !== '') lines += `Client-Cert: ${certificate}\r\n`;
  if (head.wantsTrailers) lines += TAKES_TRAILERS;
  return lines;
}

/**
 * The client's authority repeats from request to request, so its lines are made once per connection. In as few pieces as
 * possible: each piece that a head is put together from costs 30 ns.
 */
function untrustedLines(peer: Peer, head: RequestHead, scheme: string, via: string): string {
  if (peer.forwardedAuthority !== head.authority || peer.forwardedVia !== via) {
    peer.forwardedAuthority = head.authority;
    peer.forwardedVia = via;
    peer.forwardedLines = flat(`${claimLines(peer, head, scheme)}Via: 1.1 ${via}\r\n${REQUEST_ID}`);
  }
  return peer.forwardedLines;
}

function claimLines(peer: Peer, head: RequestHead, scheme: string): string {
  const host = head.authority === '' ? '' : `X-Forwarded-Host: ${head.authority}\r\n`;
  return (
    `X-Forwarded-For: ${peer.ip}\r\nX-Forwarded-Proto: ${scheme}\r\n${host}` +
    `X-Forwarded-Port: ${peer.localPort}\r\n`
  );
}

function trustedLines(exchange: Exchange, peer: Peer, head: RequestHead): string {
  const headers = head.headers;
  const earlier = headers.listOfKind(KIND_X_FORWARDED_FOR);
  let lines = `X-Forwarded-For: ${earlier === '' ? peer.ip : `${earlier}, ${peer.ip}`}\r\n`;
  if (!headers.has('x-forwarded-proto')) lines += `X-Forwarded-Proto: ${exchange.scheme}\r\n`;
  if (!headers.has('x-forwarded-host') && head.authority !== '')
    lines += `X-Forwarded-Host: ${head.authority}\r\n`;
  if (!headers.has('x-forwarded-port')) lines += `X-Forwarded-Port: ${peer.localPort}\r\n`;
  return lines;
}

/** Rule B4: the protocol version is that of the received message. */
function viaValue(head: RequestHead, via: string): string {
  const earlier = head.headers.listOfKind(KIND_VIA);
  const own = `${head.version === 10 ? '1.0' : head.version === 11 ? '1.1' : '2.0'} ${via}`;
  return earlier === '' ? own : `${earlier}, ${own}`;
}

/** Rule B5: this very gateway has seen the request before. */
export function isLoop(head: RequestHead, via: string): boolean {
  const index = head.headers.indexOfKind(KIND_VIA);
  return index >= 0 && head.headers.listOfKind(KIND_VIA).includes(via);
}

/** What follows the target in a request: its version, and the Host line. */
export function hostLine(host: string): string {
  return ` HTTP/1.1\r\nHost: ${host}\r\n`;
}

/** Rule C1: framing is always written anew. `keepLength` false: a plugin may have changed the length. */
export function framingLine(head: RequestHead, keepLength: boolean): string {
  if (head.bodyKind === BODY_CHUNKED || (head.bodyKind === BODY_LENGTH && !keepLength)) {
    return 'Transfer-Encoding: chunked\r\n';
  }
  return head.bodyKind === BODY_LENGTH ? `Content-Length: ${head.contentLength}\r\n` : '';
}

/**
 * Max-Forwards of an OPTIONS request (rule B5).
 *
 * @returns -1 when there is none
 */
export function maxForwards(head: RequestHead): number {
  const value = head.headers.valueOfKind(KIND_MAX_FORWARDS);
  return /^\d{1,9}$/.test(value) ? Number(value) : -1;
}

import type { OutgoingHttpHeaders } from 'node:http2';
import { addLines } from '../../../http/header-lines.ts';

/**
 * The header list of a request that was written as an HTTP/1.1 head by the gateway itself: `METHOD target HTTP/1.1`, then
 * Host, then the other fields.
 */
export function requestHeaders(text: string, scheme: 'http' | 'https'): OutgoingHttpHeaders {
  const lineEnd = text.indexOf('\r\n');
  const space = text.indexOf(' ');
  const hostEnd = text.indexOf('\r\n', lineEnd + 2);
  const headers: OutgoingHttpHeaders = {
    ':method': text.slice(0, space),
    ':scheme': scheme,
    ':authority': text.slice(text.indexOf(':', lineEnd) + 1, hostEnd).trim(),
    ':path': text.slice(space + 1, text.lastIndexOf(' ', lineEnd)),
  };
  addLines(headers, text.slice(hostEnd + 2, -2));
  return headers;
}

/** The request as the extended CONNECT that a WebSocket handshake is over HTTP/2 (RFC 8441 section 5): without its key. */
export function connectHeaders(text: string, scheme: 'http' | 'https'): OutgoingHttpHeaders {
  const headers = requestHeaders(text, scheme);
  headers[':method'] = 'CONNECT';
  headers[':protocol'] = 'websocket';
  delete headers['sec-websocket-key'];
  return headers;
}

/** The key of a handshake, by which the 101 is known that a 2xx stands for. */
export function keyOf(text: string): string {
  return /\r\nsec-websocket-key:[ \t]*([^\r\t ]*)/i.exec(text)?.[1] ?? '';
}

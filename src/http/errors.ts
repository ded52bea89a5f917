/**
 * The one table of errors that a client, a log line or a metric can show. `docs/errors.md` is generated from it.
 */

/** Who caused it: decides whether it counts against an endpoint and at which level it is logged. */
export type ErrorCause = 'client' | 'gateway' | 'upstream' | 'policy';

export interface ErrorEntry {
  readonly status: number;
  readonly cause: ErrorCause;
  /** Short and stable: the `title` of the problem document. */
  readonly title: string;
  /** What the reader can do about it. */
  readonly advice: string;
}

export const ERRORS = {
  bad_request_line: {
    status: 400,
    cause: 'client',
    title: 'Malformed request line',
    advice:
      'Send "METHOD target HTTP/1.1" followed by CRLF, with no spaces or control characters inside the target.',
  },
  bad_target: {
    status: 400,
    cause: 'client',
    title: 'Malformed request target',
    advice:
      'Use an origin-form path that begins with "/", percent-encode everything outside RFC 3986, and leave out the fragment.',
  },
  bad_path: {
    status: 400,
    cause: 'client',
    title: 'Ambiguous path',
    advice:
      'The path holds a spelling that servers read differently (for example an encoded slash, backslash or NUL); see server.path_policy.',
  },
  bad_host: {
    status: 400,
    cause: 'client',
    title: 'Missing or malformed Host',
    advice: 'Send exactly one Host field of the form name or name:port.',
  },
  bad_header: {
    status: 400,
    cause: 'client',
    title: 'Malformed header field',
    advice:
      'Each header line is "Name: value" ended by CRLF, without space before the colon, line folding or control characters.',
  },
  bad_framing: {
    status: 400,
    cause: 'client',
    title: 'Ambiguous message length',
    advice: 'Send either one Content-Length or "Transfer-Encoding: chunked", never both and never twice.',
  },
  bad_chunk: {
    status: 400,
    cause: 'client',
    title: 'Malformed chunked body',
    advice:
      'Chunk sizes are hexadecimal, every size line and every chunk end with CRLF, and the last chunk has size 0.',
  },
  bad_connection_option: {
    status: 400,
    cause: 'client',
    title: 'Connection names an end-to-end field',
    advice: 'Do not list end-to-end fields such as Host, Authorization or Content-Length in Connection.',
  },
  bad_grpc_web: {
    status: 400,
    cause: 'client',
    title: 'Malformed gRPC-Web body',
    advice:
      'The body of application/grpc-web-text is base64 of RFC 4648 section 4, without line ends, in groups of four.',
  },
  incomplete_body: {
    status: 400,
    cause: 'client',
    title: 'Request body ended early',
    advice: 'The connection closed before the announced body was complete; send it whole.',
  },
  request_timeout: {
    status: 408,
    cause: 'client',
    title: 'Request arrived too slowly',
    advice:
      'Send the whole header within server.limits.header_timeout and keep the body moving within body_idle_timeout.',
  },
  length_required: {
    status: 411,
    cause: 'client',
    title: 'Content-Length required',
    advice: 'The engine uws takes no chunked request bodies; state the length, or use "engine: builtin".',
  },
  body_too_large: {
    status: 413,
    cause: 'client',
    title: 'Request body too large',
    advice: 'The limit is server.limits.body.',
  },
  uri_too_long: {
    status: 414,
    cause: 'client',
    title: 'Request line too long',
    advice: 'The limit is server.limits.request_line.',
  },
  misdirected_request: {
    status: 421,
    cause: 'client',
    title: 'Wrong host for this connection',
    advice:
      'The TLS certificate of the connection does not cover the host of the request; open another connection to that host, or see tls.strict_host.',
  },
  bad_websocket_handshake: {
    status: 400,
    cause: 'client',
    title: 'Malformed WebSocket handshake',
    advice: 'Send one Sec-WebSocket-Key of 16 bytes in base64, and no body.',
  },
  websocket_version: {
    status: 426,
    cause: 'client',
    title: 'WebSocket version not supported',
    advice: 'Send "Sec-WebSocket-Version: 13".',
  },
  expectation_failed: {
    status: 417,
    cause: 'client',
    title: 'Unknown expectation',
    advice: 'Only "Expect: 100-continue" is supported.',
  },
  too_early: {
    status: 425,
    cause: 'client',
    title: 'Too early',
    advice: 'Repeat the request after the TLS handshake is complete.',
  },
  headers_too_large: {
    status: 431,
    cause: 'client',
    title: 'Header fields too large',
    advice: 'The limits are server.limits.header_bytes and header_count.',
  },
  method_not_implemented: {
    status: 501,
    cause: 'client',
    title: 'Method not implemented',
    advice: 'The method is not a legal token, or is one that a gateway does not forward (CONNECT, TRACE).',
  },
  unknown_coding: {
    status: 501,
    cause: 'client',
    title: 'Unknown transfer coding',
    advice: 'The only transfer coding accepted is "chunked".',
  },
  version_not_supported: {
    status: 505,
    cause: 'client',
    title: 'HTTP version not supported',
    advice: 'Use HTTP/1.1 or HTTP/1.0 on this connection.',
  },
  client_closed: {
    status: 499,
    cause: 'client',
    title: 'Client closed the connection',
    advice: 'Only in logs and metrics: the client went away before the response was complete.',
  },
  no_route: {
    status: 404,
    cause: 'client',
    title: 'No route',
    advice:
      'No route matches this host, path and request; "octopus explain METHOD URL" shows the near misses.',
  },
  method_not_allowed: {
    status: 405,
    cause: 'client',
    title: 'Method not allowed',
    advice: 'The Allow field lists the methods that routes for this path accept.',
  },
  unauthorized: {
    status: 401,
    cause: 'policy',
    title: 'Credentials required',
    advice: 'Send valid credentials in the scheme that WWW-Authenticate names.',
  },
  forbidden: {
    status: 403,
    cause: 'policy',
    title: 'Not allowed',
    advice: 'A plugin of this route refuses requests like this one, for example by client address.',
  },
  rate_limited: {
    status: 429,
    cause: 'policy',
    title: 'Too many requests',
    advice: 'Wait as long as Retry-After says; RateLimit and RateLimit-Policy show the limit.',
  },
  plugin_busy: {
    status: 503,
    cause: 'gateway',
    title: 'Plugin overloaded',
    advice: 'A plugin of this route has more work waiting than it accepts; retry after a moment.',
  },
  upgrade_not_allowed: {
    status: 501,
    cause: 'policy',
    title: 'Upgrade not supported',
    advice:
      'This route takes no WebSocket connections: its `websocket` is false, its HTTP/2 endpoint has none, or the engine is uws.',
  },
  websocket_idle: {
    status: 408,
    cause: 'policy',
    title: 'WebSocket idle for too long',
    advice:
      'Only in logs and metrics: nothing was sent within websocket.idle_timeout; send pings more often.',
  },
  websocket_expired: {
    status: 408,
    cause: 'policy',
    title: 'WebSocket open for too long',
    advice: 'Only in logs and metrics: the connection reached websocket.max_duration.',
  },
  loop_detected: {
    status: 508,
    cause: 'policy',
    title: 'Loop detected',
    advice: 'The request has passed this gateway before; check that no upstream points back at it.',
  },
  no_healthy_endpoint: {
    status: 503,
    cause: 'upstream',
    title: 'No healthy endpoint',
    advice:
      'Every endpoint of the upstream is unhealthy or ejected; /_/upstreams on the admin port tells why.',
  },
  circuit_open: {
    status: 503,
    cause: 'upstream',
    title: 'Circuit breaker open',
    advice: 'The upstream failed too often; it is tried again after circuit_breaker.timeout.',
  },
  pool_exhausted: {
    status: 503,
    cause: 'upstream',
    title: 'Too many upstream connections',
    advice: 'All connections to the upstream are busy; raise upstreams[].connections.max or add endpoints.',
  },
  upstream_connect_failed: {
    status: 502,
    cause: 'upstream',
    title: 'Cannot connect to the endpoint',
    advice: 'Check that the service runs and listens at the address in /_/upstreams.',
  },
  upstream_reset: {
    status: 502,
    cause: 'upstream',
    title: 'Endpoint closed the connection',
    advice: 'The service closed the connection before its response was complete; look at its log.',
  },
  upstream_bad_response: {
    status: 502,
    cause: 'upstream',
    title: 'Malformed response from the endpoint',
    advice: 'The service sent a response that violates HTTP; the log line names the violation.',
  },
  upstream_proxy_auth: {
    status: 502,
    cause: 'upstream',
    title: 'Endpoint asked for proxy credentials',
    advice: 'A 407 from an endpoint is a misconfiguration: the endpoint is a forward proxy.',
  },
  upstream_timeout: {
    status: 504,
    cause: 'upstream',
    title: 'Endpoint did not answer in time',
    advice: 'The limits are routes[].timeout, retries.per_try_timeout and upstreams[].timeouts.',
  },
  plugin_failed: {
    status: 500,
    cause: 'gateway',
    title: 'Plugin failed',
    advice: 'A plugin threw; the log line with this request id names it.',
  },
  plugin_timeout: {
    status: 504,
    cause: 'gateway',
    title: 'Plugin took too long',
    advice: 'An isolated plugin exceeded its time limit.',
  },
  plugin_unavailable: {
    status: 503,
    cause: 'gateway',
    title: 'Plugin not available',
    advice:
      'The route needs a plugin that this gateway cannot run, so it is closed rather than left unprotected; see the start-up log.',
  },
  plugin_body_too_large: {
    status: 413,
    cause: 'client',
    title: 'Request body too large for a plugin',
    advice: 'A plugin of this route reads the whole body and caps it.',
  },
  internal: {
    status: 500,
    cause: 'gateway',
    title: 'Internal error',
    advice: 'A defect in the gateway; please report it with the log line of this request id.',
  },
  control_unavailable: {
    status: 503,
    cause: 'gateway',
    title: 'Gateway too busy with itself',
    advice:
      'The request was for the gateway itself (for example a registration) and its primary thread did not answer in time; retry after a moment.',
  },
  draining: {
    status: 503,
    cause: 'gateway',
    title: 'Shutting down',
    advice: 'The gateway is draining; retry on a new connection.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** Thrown or passed where an exchange ends with an error of the table. `detail` goes to the log and, for client errors, to the client. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, detail = '') {
    super(detail === '' ? ERRORS[code].title : detail);
    this.name = 'GatewayError';
    this.code = code;
    this.status = ERRORS[code].status;
  }
}

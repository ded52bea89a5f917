/**
 * Where the engine uws answers otherwise than the rules of HTTP say, by rule. docs/engines.md shows these lists, and the
 * conformance tests hold the engine to them: a case that is listed must end as stated, one that is not must end as it does
 * with the built-in engine. They are about the build that Octopus installs (µWebSockets.js 20.30); newer ones refuse most
 * of the same requests, with 400, 431 or 505 instead of silence.
 */

/**
 * `closed`: no response, the connection closes at once. `silent`: no response, the connection closes when nothing comes for
 * ten seconds. A number: a problem document with this status, then the connection closes.
 */
export type RefusalOutcome = 'closed' | 'silent' | number;

/** What of the protocols that the built-in engine speaks this one has not, and what becomes of it. */
export const NOT_SERVED: readonly { readonly what: string; readonly outcome: string }[] = [
  {
    what: 'HTTP/2 and gRPC',
    outcome:
      'ALPN is not answered, so clients that can speak HTTP/1.1 do. `server.http2.enabled: true`, when it is written down, is refused; a client that begins with HTTP/2 gets no answer.',
  },
  {
    what: 'WebSocket',
    outcome:
      '`websocket` in a configuration is refused, handshakes get 501. A request with another `Upgrade` is served without it.',
  },
  { what: 'client certificates', outcome: '`tls.client_ca` is refused.' },
  { what: 'OCSP stapling', outcome: '`ocsp` of a certificate is refused.' },
  { what: 'TLS 1.3 alone', outcome: '`tls.min_version: "1.3"` is refused.' },
  {
    what: 'keys other than RSA and the curves P-256, P-384, P-521',
    outcome: 'the configuration is refused, also on reload.',
  },
  {
    what: 'resumption at another worker',
    outcome:
      'each worker has ticket keys of its own, which BoringSSL replaces every two days: `session_timeout` and `ticket_rotation` have no effect.',
  },
  {
    what: 'limits of handshakes',
    outcome: '`tls.handshake` has no effect; a handshake that stands still ends after ten seconds.',
  },
  { what: '`octopus_tls_handshakes_total`', outcome: 'stays empty.' },
  {
    what: 'what plugins know of the connection',
    outcome: '`request.tls` is there, but server name, version and cipher in it are empty.',
  },
  {
    what: 'a worker that hangs',
    outcome:
      'The thread cannot be ended alone, so the gateway finishes the requests of the other workers and ends with exit code 1.',
  },
];

/** What TLS does otherwise than with the built-in engine. */
export const TLS_DIFFERENCES: readonly string[] = [
  'Names in handshakes are compared as they come: a client that names `Shop.Example.com` gets the default certificate.',
  'A client that named no host gets 421 for hosts that have a certificate of their own; one that named a host without certificate may ask for all others.',
  'Among the ciphers of TLS 1.2 that both know the client chooses, not the order of `ciphers`.',
  'Other certificates are shown by another native listener, on the same port. Open connections stay and go on. A connection that is just being opened can be reset, unless `sysctl net.ipv4.tcp_migrate_req=1` is set. Each exchange costs 33 KB in each worker.',
  'For each name of `tls.certificates` µWebSockets.js writes two lines to standard output, which are no JSON.',
  'Certificates and keys are handed over in memory files (`memfd_create`), so it needs Linux.',
];

export interface KnownRefusal {
  readonly rule: string;
  /** What a client sends, for the docs. */
  readonly request: string;
  /** How it ends when the request comes in one piece. */
  readonly outcome: RefusalOutcome;
  /** The cases of the conformance corpus, without the rule; in parts they may end by any other of the refusals. */
  readonly cases: string;
  /** Titles of further conformance tests that need what is refused. */
  readonly tests?: readonly string[];
}

/** Nothing of these reaches a service, but for the first of several requests (rules A6 and A14). */
export const KNOWN_REFUSALS: readonly KnownRefusal[] = [
  {
    rule: 'A1',
    request: 'no Host, or HTTP/1.0 with two',
    outcome: 'silent',
    cases: 'missing twice-1.0',
  },
  {
    rule: 'A2',
    request: 'a target that does not begin with `/`: absolute-form, also a legal one, and `OPTIONS *`',
    outcome: 'silent',
    cases:
      'absolute absolute-port absolute-upper absolute-query-only absolute-no-host absolute-userinfo ' +
      'absolute-empty-host absolute-port-only absolute-ftp absolute-bad-host options-asterisk get-asterisk ' +
      'get-authority no-slash query-only asterisk-path',
    tests: ['A2 OPTIONS * lists methods and is not forwarded'],
  },
  {
    rule: 'A3',
    request: 'spaces and control characters in the target',
    outcome: 'silent',
    cases: 'space tab nul ctl ctl-query',
  },
  {
    rule: 'A4',
    request:
      'a method other than GET, POST, PUT, DELETE, HEAD, PATCH, OPTIONS, TRACE in capitals, also a legal one',
    outcome: 'closed',
    cases: 'unknown lower non-token empty',
    tests: ['A4 the method is case-sensitive: get is not GET'],
  },
  {
    rule: 'A4',
    request: 'a method with a byte beyond ASCII',
    outcome: 'silent',
    cases: 'non-ascii',
  },
  {
    rule: 'A5',
    request: 'every version but HTTP/1.1, HTTP/1.0 among them, and a misspelt request line',
    outcome: 'silent',
    cases:
      '2.0 1.2 0.9 two-digits short lower other-name missing space-after two-spaces two-spaces-target tab ' +
      '1.0 1.0-keep-alive',
    tests: [
      'B4 Via is appended with the version received',
      'B14 an HTTP/1.0 client gets it with the end of the connection',
      'C15 no chunks: the body ends with the connection',
      'C15 keep-alive only if asked for, and said so',
      'C15 keep-alive does not survive a body without a length',
      'A16 no 100 for an HTTP/1.0 client',
    ],
  },
  {
    rule: 'A6',
    request: 'an empty line before a request',
    outcome: 'silent',
    cases: 'one two between after-body lf cr',
  },
  {
    rule: 'A7',
    request: 'a bare CR or LF, NUL and other control characters',
    outcome: 'silent',
    cases:
      'lf-line lf-field lf-blank lf-only cr-value cr-value-end cr-line cr-smuggle nul-value ctl-value esc-value nul-name',
  },
  {
    rule: 'A8',
    request: 'a malformed field line',
    outcome: 'silent',
    cases:
      'space-colon tab-colon space-colon-te space-first obs-fold obs-fold-tab obs-fold-te no-colon space-in-name ' +
      'paren-name non-ascii-name second-request-line',
  },
  {
    rule: 'A9',
    request: 'Content-Length and Transfer-Encoding together',
    outcome: 'closed',
    cases: 'cl-te te-cl zero get',
  },
  {
    rule: 'A10',
    request: '`Transfer-Encoding: chunked`, whatever its case',
    outcome: 411,
    cases: 'upper spaces',
  },
  {
    rule: 'A10',
    request: 'any other transfer coding that comes with bytes behind it',
    outcome: 'closed',
    cases:
      'gzip-chunked chunked-gzip chunked-identity chunked-chunked identity gzip xchunked chunkedx parameter quoted comma ' +
      'unknown split twice twice-identity',
  },
  {
    rule: 'A10',
    request: 'a control character in Transfer-Encoding, or HTTP/1.0 with one',
    outcome: 'silent',
    cases: 'vertical-tab 1.0',
  },
  {
    rule: 'A11',
    request: 'a Content-Length that is malformed, repeated or beyond 999,999,999',
    outcome: 'closed',
    cases:
      'empty plus minus hex list list-space exponent decimal space parameter superscript over-2-53 over-2-64 over nan ' +
      'twice twice-equal',
    tests: ['A13 413 comes from the Content-Length alone'],
  },
  {
    rule: 'A11',
    request: 'HTTP/1.0 with Content-Length twice',
    outcome: 'silent',
    cases: '1.0-twice',
  },
  {
    rule: 'A12',
    request: 'a chunked request body',
    outcome: 411,
    cases:
      'plain empty hex extension-space trailers space size-space-crlf size-space-text no-size only-extension size-cr ' +
      'extension-lf extension-cr extension-nul data-long trailer-space trailer-fold trailer-colon trailer-lf trailer-nul',
    tests: [
      'A12 chunk extensions are limited for each line and for the body',
      'A12 the trailer section is limited',
      'A13 a body as large as the limit works, a larger one: 413 (chunks)',
      'A13 a chunk size over the limit: 413 before its data',
      'A16 the value has no case, and works with chunks',
      'C1 a large body arrives whole in either framing',
      'C3 client ends in the middle, Transfer-Encoding: chunked: the origin sees an abort, not a request',
      'C3 client resets in the middle, Transfer-Encoding: chunked: the origin sees an abort, not a request',
    ],
  },
  {
    rule: 'A12',
    request:
      'a chunked request body that µWebSockets.js itself finds malformed, or with another request behind it',
    outcome: 'closed',
    cases:
      'then extension 0x plus minus letters underscore overflow-64 overflow-32 size-lf data-lf data-none data-two ' +
      'last-two last-lf last-size-lf',
  },
  {
    rule: 'A13',
    request: 'a head of more than 4 KB',
    outcome: 431,
    cases: '',
    tests: [
      'A13 a request line of 8000 octets works',
      'A13 a head near the limit of bytes works, a larger one: 431 [CVE-2019-15226]',
    ],
  },
  {
    rule: 'A13',
    request: 'a head of more than 4 KB that does not end',
    outcome: 'closed',
    cases: '',
    tests: [
      'A13 a request line without an end: 414',
      'A13 a method without an end: 414, 400 or 501',
      'A13 a field without an end: 431',
      'A13 fields without an end: 431',
    ],
  },
  {
    rule: 'A13',
    request: 'more than 48 fields',
    outcome: 'silent',
    cases: '',
    tests: ['A13 as many fields as the limit work, one more: 431'],
  },
  {
    rule: 'A14',
    request: 'a request that comes before the response to the one before it',
    outcome: 'closed',
    cases: 'two post-get after-close close-list',
    tests: [
      'A14 responses come in the order of the requests, though the first is slow',
      'A14 a hundred requests in one segment, bodies among them',
      'A16 one that follows in a pipeline gets its 100 after the response before it',
      'C14 bytes behind HTTP/1.1 200 OK to HEAD are no response to the next request of the client',
      'C14 bytes behind HTTP/1.1 304 Not Modified to GET are no response to the next request of the client',
      'C14 bytes behind HTTP/1.1 200 OK to GET are no response to the next request of the client',
    ],
  },
  {
    rule: 'A14',
    request: 'a malformed request after a good one, or HTTP/1.0 with another one behind it',
    outcome: 'silent',
    cases: 'good-bad surplus 1.0-close',
  },
  {
    rule: 'A15',
    request: 'GET with a chunked body',
    outcome: 411,
    cases: 'get-chunked',
  },
  {
    rule: 'A17',
    request: 'a field name with an underscore',
    outcome: 'silent',
    cases: 'forwarded length any',
  },
  {
    rule: 'C5',
    request: 'a chunked body for a response that the gateway makes itself',
    outcome: 411,
    cases: 'respond-chunked',
  },
  {
    rule: 'C5',
    request: 'the same with a bad chunk',
    outcome: 'closed',
    cases: 'bad-chunk',
  },
  {
    rule: 'C11',
    request: 'bytes behind a request with Upgrade',
    outcome: 'closed',
    cases: 'upgrade-pipelined',
  },
  {
    rule: 'C11',
    request: 'a WebSocket handshake',
    outcome: 501,
    cases: '',
    tests: ['C11 a 200 to a WebSocket handshake opens no tunnel [CVE-2024-23326]'],
  },
  {
    rule: 'C12',
    request: 'CONNECT',
    outcome: 'silent',
    cases: 'connect',
  },
];

export interface KnownDifference {
  readonly rule: string;
  readonly difference: string;
  /** Cases of the conformance corpus, of requests or of responses, that end otherwise; without the rule. */
  readonly cases: string;
  readonly tests?: readonly string[];
}

/** What is served, but not as the rules say or not as the built-in engine does it. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    rule: 'A7',
    difference:
      'Bytes 80-FF at the beginning and the end of a field value are lost. `X-Name: café` reaches the service as `caf`.',
    cases: 'obs-text',
  },
  {
    rule: 'A8',
    difference:
      'A field line without a name is taken, and all lines behind it are ignored, unseen by the gateway: framing fields ' +
      'too. A proxy in front that passes such a line on and heeds what follows can be used to smuggle requests.',
    cases: 'empty-name',
  },
  {
    rule: 'A16',
    difference:
      '`100 Continue` is sent with the head, before authentication, routing and limits could refuse the request.',
    cases: '',
    tests: [
      'A16 too large by Content-Length: 413 and no 100',
      'A16 no route: 404 and no 100',
      'A16 method not allowed: 405 and no 100',
      'A16 no credentials: 401 and no 100',
      'A16 any other expectation: 417',
    ],
  },
  {
    rule: 'B1',
    difference:
      'A Connection field of five bytes, whatever it says, closes the connection behind the response.',
    cases: 'named-case two-lines',
  },
  {
    rule: 'B12',
    difference: 'Date is that of the gateway, also when the service sent one.',
    cases: 'date',
  },
  {
    rule: 'C1',
    difference: 'A chunked response that is whole when it is first written goes with Content-Length.',
    cases: 'chunked',
  },
  {
    rule: 'C5',
    difference:
      'The response to a client that goes on sending, a large body that nobody reads or bytes behind a malformed head, can ' +
      'be lost: the connection is reset before the client has read it.',
    cases: '',
    tests: [
      'C5 the response to a large unread upload is not lost, then the connection closes',
      'C5 a response to a malformed head is not lost while the client goes on sending',
    ],
  },
  {
    rule: 'C7',
    difference: 'Interim responses (102, 103) are dropped.',
    cases: '102 103 103-twice',
  },
  {
    rule: 'C7',
    difference: 'HTTP/1.0 requests are not served (rule A5).',
    cases: '103-1.0',
  },
  {
    rule: 'C10',
    difference: 'Trailers are dropped.',
    cases: 'wanted forbidden',
  },
  {
    rule: 'C15',
    difference: 'HTTP/1.0 requests are not served (rule A5).',
    cases: 'chunked',
  },
  {
    rule: 'C18',
    difference:
      'A head may take any time as long as a byte comes every ten seconds: `server.limits.header_timeout` has no effect. ' +
      'Idle connections are closed after ten seconds: neither has `keep_alive_timeout`. `server.limits.connections` ' +
      'counts requests in flight, because connections without one are not seen.',
    cases: '',
    tests: [
      'C18 half a head: 408 after header_timeout',
      'C18 a head that drips (slowloris): 408 though bytes keep coming',
      'C18 an idle connection is closed after keep_alive_timeout, without a response',
      'C18 a connection that never sends anything is closed',
    ],
  },
];

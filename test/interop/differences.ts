/**
 * Where Octopus and other proxies treat a case of the corpus differently, and why Octopus does what it does. Taken with
 * the versions below; other versions have other lists.
 */
export const VERSIONS = { nginx: '1.22', haproxy: '2.6' } as const;

export type ProxyName = keyof typeof VERSIONS;

/**
 * What the other proxy does where Octopus does the opposite: it `passes` what Octopus refuses, `refuses` what Octopus
 * passes, `forwards otherwise` what both pass, or does `neither` (no answer in time, or one that is no HTTP/1.x).
 */
export type Verdict = 'passes' | 'refuses' | 'forwards otherwise' | 'neither';

export interface Difference {
  readonly why: string;
  readonly cases: readonly string[];
  readonly verdicts: Partial<Readonly<Record<ProxyName, Verdict>>>;
}

const BOTH_PASS = { nginx: 'passes', haproxy: 'passes' } as const;

export const DIFFERENCES: readonly Difference[] = [
  {
    why: 'Host selects the route and reaches access rules, so only what RFC 3986 allows as host and port is believed (A1).',
    cases: [
      'A1-userinfo',
      'A1-query',
      'A1-fragment',
      'A1-backslash',
      'A1-bad-port',
      'A1-two-ports',
      'A1-bracket',
      'A1-after-bracket',
      'A1-non-ascii',
    ],
    verdicts: BOTH_PASS,
  },
  {
    why: 'HAProxy does not look into Host; RFC 9112 3.2 asks a server to refuse a missing, repeated or malformed one (A1).',
    cases: [
      'A1-missing',
      'A1-twice-equal',
      'A1-twice-apart',
      'A1-empty',
      'A1-path',
      'A1-space',
      'A1-list',
      'A1-scheme',
      'A1-port-only',
    ],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'Tabs around a value are optional white space (RFC 9110 5.6.3); nginx takes them for a part of the value.',
    cases: ['A1-spaces', 'A10-spaces'],
    verdicts: { nginx: 'refuses' },
  },
  {
    why: 'In absolute-form the host of the target wins over Host (RFC 9112 3.2.2); HAProxy refuses when they differ.',
    cases: ['A2-absolute', 'A2-absolute-port', 'A2-absolute-upper', 'A2-absolute-query-only'],
    verdicts: { haproxy: 'refuses' },
  },
  {
    why: 'HAProxy forwards targets whose form does not fit the method or that have no host (A2).',
    cases: ['A2-absolute-no-host', 'A2-absolute-empty-host', 'A2-get-asterisk', 'A2-asterisk-path'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'A scheme other than http has no route here (A2).',
    cases: ['A2-absolute-ftp'],
    verdicts: { nginx: 'passes' },
  },
  {
    why: 'OPTIONS * asks about the server itself, so the gateway answers it (A2).',
    cases: ['A2-options-asterisk'],
    verdicts: { nginx: 'refuses', haproxy: 'forwards otherwise' },
  },
  {
    why: 'A fragment never belongs into a request (A3).',
    cases: ['A3-fragment', 'A3-fragment-query'],
    verdicts: { nginx: 'passes' },
  },
  {
    why: 'Methods are case-sensitive tokens, unknown ones pass where the route allows them (A4); nginx wants upper case.',
    cases: ['A4-lower'],
    verdicts: { nginx: 'refuses' },
  },
  {
    why: 'TRACE and CONNECT are not for a gateway (A4, C12).',
    cases: ['A4-trace', 'C12-connect'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'A request line has single spaces and the version 1.0 or 1.1 (A5).',
    cases: ['A5-1.2', 'A5-two-spaces', 'A5-two-spaces-target'],
    verdicts: BOTH_PASS,
  },
  {
    why: 'A request line has single spaces and the version 1.0 or 1.1 (A5).',
    cases: ['A5-2.0', 'A5-tab'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'A request line has single spaces and the version 1.0 or 1.1 (A5).',
    cases: ['A5-two-digits', 'A5-space-after'],
    verdicts: { nginx: 'passes' },
  },
  {
    why: 'nginx answers HTTP/0.9 requests with a bare body (A5).',
    cases: ['A5-missing'],
    verdicts: { nginx: 'neither' },
  },
  {
    why: 'Bare LF as a line end lets two servers see different messages (A6, A7).',
    cases: ['A6-lf', 'A7-lf-line', 'A7-lf-field', 'A7-lf-blank', 'A7-lf-only'],
    verdicts: BOTH_PASS,
  },
  {
    why: 'A bare CR is an error (A6, A7).',
    cases: ['A6-cr', 'A7-cr-value-end'],
    verdicts: { nginx: 'passes' },
  },
  {
    why: 'nginx drops malformed field lines; a gateway that guesses can be played against its origin (A8).',
    cases: ['A8-no-colon', 'A8-paren-name', 'A8-non-ascii-name'],
    verdicts: { nginx: 'passes' },
  },
  {
    why: 'HAProxy joins folded lines; RFC 9112 5.2 lets a server refuse them (A8).',
    cases: ['A8-obs-fold', 'A8-obs-fold-tab', 'A8-obs-fold-te'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'HAProxy lets Transfer-Encoding win over Content-Length and accepts it in HTTP/1.0; both are the base of request smuggling (A9, A10).',
    cases: ['A9-cl-te', 'A9-te-cl', 'A9-zero', 'A10-1.0'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'HAProxy takes the Transfer-Encoding of a GET that has no chunks and waits for them (A9).',
    cases: ['A9-get'],
    verdicts: { haproxy: 'neither' },
  },
  {
    why: 'HAProxy folds equal Content-Lengths into one and forwards numbers past 64 bits to the origin (A11).',
    cases: ['A11-list', 'A11-list-space', 'A11-twice-equal', 'A11-over-2-64'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'HAProxy caps names at 255 bytes because it stores their length in 8 bits (CVE-2021-40346); nothing here does.',
    cases: ['A11-long-name'],
    verdicts: { haproxy: 'refuses' },
  },
  {
    why: 'Chunk framing is CRLF exactly, or what follows can be taken for a request (A12).',
    cases: [
      'A12-size-space-crlf',
      'A12-size-lf',
      'A12-extension-lf',
      'A12-extension-nul',
      'A12-data-lf',
      'A12-last-lf',
      'A12-last-size-lf',
      'A12-trailer-fold',
      'A12-trailer-lf',
    ],
    verdicts: BOTH_PASS,
  },
  {
    why: 'nginx does not look into the trailer section, nor behind a space after the chunk size (A12).',
    cases: [
      'A12-size-space-text',
      'A12-last-two',
      'A12-trailer-space',
      'A12-trailer-colon',
      'A12-trailer-nul',
    ],
    verdicts: { nginx: 'passes' },
  },
  {
    why: 'HAProxy has no limit for bodies and waits for the 4 GB of the chunk (A13).',
    cases: ['A12-overflow-32'],
    verdicts: { haproxy: 'neither' },
  },
  {
    why: 'A client must not have end-to-end fields removed by naming them in Connection (B1).',
    cases: [
      'B1-nominate-host',
      'B1-nominate-cookie',
      'B1-nominate-authorization',
      'B1-nominate-cache-control',
      'B1-nominate-content-type',
      'B1-nominate-length',
    ],
    verdicts: BOTH_PASS,
  },
  {
    why: 'Two values of a singleton are read differently by different services (B10).',
    cases: ['B10-content-type'],
    verdicts: BOTH_PASS,
  },
  {
    why: 'Two values of a singleton are read differently by different services (B10).',
    cases: ['B10-authorization', 'B10-authorization-equal'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'Octopus forwards the path that it routed and guarded; the others forward the raw one (B13).',
    cases: [
      'B13-dot',
      'B13-dot-dot',
      'B13-dot-dot-twice',
      'B13-encoded-dots',
      'B13-encoded-dots-upper',
      'B13-half-encoded-dots',
      'B13-encoded-dot',
      'B13-dot-at-end',
      'B13-dot-dot-at-end',
      'B13-double-slash',
      'B13-double-slash-first',
      'B13-many-slashes',
      'B13-slash-dots',
      'B13-unreserved-encoded',
    ],
    verdicts: { nginx: 'forwards otherwise', haproxy: 'forwards otherwise' },
  },
  {
    why: 'A segment that becomes dot-dot when decoded once more, or a backslash, gets past path rules in some service (B13).',
    cases: [
      'B13-encoded-slash-dots',
      'B13-encoded-slash-encoded-dots',
      'B13-slash-encoded-before-dots',
      'B13-slash-encoded-around-dots',
      'B13-backslash',
      'B13-backslash-dots',
      'B13-encoded-backslash',
      'B13-encoded-backslash-upper',
    ],
    verdicts: BOTH_PASS,
  },
  {
    why: 'HAProxy does not decode paths; a broken escape or %00 means something else to every service (B13).',
    cases: ['B13-encoded-nul', 'B13-bad-percent', 'B13-short-percent', 'B13-lone-percent'],
    verdicts: { haproxy: 'passes' },
  },
  {
    why: 'Octopus answers a respond route at once and closes; the others read the body first (C5).',
    cases: ['C5-bad-chunk'],
    verdicts: { nginx: 'refuses', haproxy: 'refuses' },
  },
];

/** Rules A1, A7, A8, A17, B1, B10: header fields of a request. */
import { accepted, get, post, type RequestCase, refused, request } from './types.ts';

const withHost = (...lines: string[]): string => ['GET /@CASE-MARK@ HTTP/1.1', ...lines, '', ''].join('\r\n');

export const FIELDS: readonly RequestCase[] = [
  // A1: Host.
  request('A1-missing', 'no Host', withHost(), refused(400, 'bad_host')),
  request('A1-twice', 'Host twice', withHost('Host: a', 'Host: b'), refused(400, 'bad_host')),
  request(
    'A1-twice-equal',
    'Host twice with the same value',
    withHost('Host: a', 'Host: a'),
    refused(400, 'bad_host'),
  ),
  request(
    'A1-twice-apart',
    'Host twice, another field between, other case',
    withHost('Host: a', 'X: y', 'hOST: a'),
    refused(400, 'bad_host'),
  ),
  request(
    'A1-twice-1.0',
    'Host twice in HTTP/1.0',
    'GET /@CASE-MARK@ HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n',
    refused(400, 'bad_host'),
  ),
  request('A1-empty', 'empty Host', withHost('Host:'), refused(400, 'bad_host')),
  request('A1-userinfo', 'Host with userinfo', withHost('Host: user@a'), refused(400, 'bad_host')),
  request('A1-path', 'Host with a path', withHost('Host: a/b'), refused(400, 'bad_host')),
  request('A1-query', 'Host with a query', withHost('Host: a?b'), refused(400, 'bad_host')),
  request('A1-fragment', 'Host with a fragment', withHost('Host: a#b'), refused(400, 'bad_host')),
  request('A1-backslash', 'Host with a backslash', withHost('Host: a\\b'), refused(400, 'bad_host')),
  request('A1-space', 'Host with a space', withHost('Host: a b'), refused(400, 'bad_host')),
  request('A1-list', 'Host with two names', withHost('Host: a, b'), refused(400, 'bad_host')),
  request('A1-scheme', 'Host with a scheme', withHost('Host: http://a'), refused(400, 'bad_host')),
  request('A1-bad-port', 'Host with letters as port', withHost('Host: a:b'), refused(400, 'bad_host')),
  request('A1-two-ports', 'Host with two ports', withHost('Host: a:1:2'), refused(400, 'bad_host')),
  request('A1-port-only', 'Host with a port but no name', withHost('Host: :80'), refused(400, 'bad_host')),
  request('A1-bracket', 'Host with an open bracket', withHost('Host: [::1'), refused(400, 'bad_host')),
  request(
    'A1-after-bracket',
    'Host with text after the bracket',
    withHost('Host: [::1]a'),
    refused(400, 'bad_host'),
  ),
  request('A1-non-ascii', 'Host with a non-ASCII byte', withHost('Host: \xe9'), refused(400, 'bad_host')),
  request(
    'A1-port',
    'Host with a port',
    withHost('Host: example.com:8080'),
    accepted({ has: [['Host', 'example.com:8080']] }),
  ),
  request(
    'A1-ipv6',
    'Host with an IPv6 literal and port',
    withHost('Host: [::1]:8080'),
    accepted({ has: [['Host', '[::1]:8080']] }),
  ),
  request(
    'A1-ipv4',
    'Host with an IPv4 address',
    withHost('Host: 127.0.0.1'),
    accepted({ has: [['Host', '127.0.0.1']] }),
  ),
  request(
    'A1-late',
    'Host as the last field',
    withHost('X: y', 'Host: a'),
    accepted({ has: [['Host', 'a']] }),
  ),
  request(
    'A1-spaces',
    'white space around the Host value',
    withHost('Host: \t a \t'),
    accepted({ has: [['Host', 'a']] }),
  ),

  // A7: line ends and control characters.
  request(
    'A7-lf-line',
    'bare LF after the request line',
    'GET /@CASE-MARK@ HTTP/1.1\nHost: a\r\n\r\n',
    refused(400),
  ),
  request(
    'A7-lf-field',
    'bare LF after a field',
    'GET /@CASE-MARK@ HTTP/1.1\r\nHost: a\nX: y\r\n\r\n',
    refused(400),
  ),
  request(
    'A7-lf-blank',
    'bare LF as the empty line',
    'GET /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\n\nGET /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\n\r\n',
    refused(400),
  ),
  request('A7-lf-only', 'bare LF everywhere', 'GET /@CASE-MARK@ HTTP/1.1\nHost: a\n\n', refused(400)),
  request('A7-cr-value', 'bare CR in a value', get('X: y\rz'), refused(400, 'bad_header')),
  request(
    'A7-cr-value-end',
    'CR CR LF after a value',
    'GET /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\r\n\r\n',
    refused(400),
  ),
  request(
    'A7-cr-line',
    'bare CR after the request line',
    'GET /@CASE-MARK@ HTTP/1.1\rHost: a\r\n\r\n',
    refused(400),
  ),
  request(
    'A7-cr-smuggle',
    'bare CR that hides a field',
    get('X: y\rTransfer-Encoding: chunked'),
    refused(400, 'bad_header'),
  ),
  request('A7-nul-value', 'NUL in a value', get('X: y\0z'), refused(400, 'bad_header'), ['CVE-2019-9900']),
  request('A7-ctl-value', 'control character in a value', get('X: y\x01z'), refused(400, 'bad_header')),
  request('A7-esc-value', 'ESC in a value', get('X: \x1b[31m'), refused(400, 'bad_header')),
  request('A7-del-value', 'DEL in a value', get('X: y\x7fz'), refused(400, 'bad_header')),
  request('A7-nul-name', 'NUL in a name', get('X\0Y: z'), refused(400, 'bad_header')),
  request('A7-tab-value', 'tab in a value is legal', get('X: y\tz'), accepted({ has: [['X', 'y\tz']] })),
  request(
    'A7-obs-text',
    'bytes 80-FF in a value pass unchanged',
    get('X: caf\xc3\xa9 \xff\x80'),
    accepted({ has: [['X', 'caf\xc3\xa9 \xff\x80']] }),
  ),
  request(
    'A7-empty-value',
    'an empty value is legal',
    get('X:', 'Y: z'),
    accepted({
      has: [
        ['X', ''],
        ['Y', 'z'],
      ],
    }),
  ),

  // A8: field line syntax.
  request('A8-space-colon', 'space before the colon', get('X : y'), refused(400, 'bad_header')),
  request('A8-tab-colon', 'tab before the colon', get('X\t: y'), refused(400, 'bad_header')),
  request(
    'A8-space-colon-te',
    'space before the colon of Transfer-Encoding',
    post(['Content-Length: 5', 'Transfer-Encoding : chunked'], '0\r\n\r\n'),
    refused(400, 'bad_header'),
  ),
  request('A8-space-first', 'space before the first field', withHost(' Host: a'), refused(400)),
  request('A8-obs-fold', 'obs-fold with a space', get('X: y', ' z'), refused(400, 'bad_header')),
  request('A8-obs-fold-tab', 'obs-fold with a tab', get('X: y', '\tz'), refused(400, 'bad_header')),
  request(
    'A8-obs-fold-te',
    'obs-fold inside Transfer-Encoding',
    post(['Transfer-Encoding:', ' chunked'], '0\r\n\r\n'),
    refused(400, 'bad_header'),
  ),
  request('A8-empty-name', 'empty name', get(': y'), refused(400, 'bad_header'), ['CVE-2023-25725']),
  request('A8-no-colon', 'no colon', get('Xy'), refused(400, 'bad_header')),
  request('A8-space-in-name', 'space in a name', get('X Y: z'), refused(400, 'bad_header')),
  request('A8-paren-name', 'separator in a name', get('X(Y): z'), refused(400, 'bad_header')),
  request('A8-non-ascii-name', 'non-ASCII in a name', get('X\xe9: z'), refused(400, 'bad_header')),
  request(
    'A8-second-request-line',
    'a request line among the fields',
    get('GET /@CASE-MARK@ HTTP/1.1'),
    refused(400, 'bad_header'),
  ),

  // A17: names that CGI-like services read as another field.
  request(
    'A17-forwarded',
    'X_Forwarded_Proto is dropped',
    get('X_Forwarded_Proto: https', 'X: y'),
    accepted({ has: [['X', 'y']], lacks: ['X_Forwarded_Proto'] }),
    ['GHSA-5m6w-wvh7-57vm'],
  ),
  request(
    'A17-length',
    'Content_Length is dropped and frames nothing',
    get('Content_Length: 5'),
    accepted({ body: '', lacks: ['Content_Length'] }),
  ),
  request(
    'A17-any',
    'every name with an underscore is dropped',
    get('My_Own: z'),
    accepted({ lacks: ['My_Own'] }),
  ),

  // B1: what Connection may name. Fields that it names are gone at the origin.
  request(
    'B1-named',
    'a named field is removed',
    get('Connection: keep-alive, X-Hop', 'X-Hop: 1', 'X: y'),
    accepted({ has: [['X', 'y']], lacks: ['X-Hop', 'Keep-Alive'] }),
  ),
  request(
    'B1-named-case',
    'a named field is removed whatever its case',
    get('X-HOP: 1', 'connection: x-hop'),
    accepted({ lacks: ['X-Hop'] }),
  ),
  request(
    'B1-two-lines',
    'Connection on two lines',
    get('Connection: X-One', 'X-One: 1', 'Connection: X-Two', 'X-Two: 2'),
    accepted({ lacks: ['X-One', 'X-Two'] }),
  ),
  request(
    'B1-hop',
    'hop-by-hop fields are removed though not named',
    get('Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'Upgrade: foo/2', 'TE: gzip'),
    accepted({ lacks: ['Keep-Alive', 'Proxy-Connection', 'Upgrade', 'TE'] }),
  ),
  request(
    'B1-forwarded',
    'naming X-Forwarded-For does not remove the one of the gateway',
    get('Connection: X-Forwarded-For, X-Forwarded-Proto', 'X-Forwarded-For: 9.9.9.9'),
    accepted({ has: [['X-Forwarded-Proto', 'http']], lacks: ['Connection'] }),
    ['CVE-2024-45410', 'CVE-2025-48865', 'CVE-2025-64484'],
  ),
  ...['Host', 'Cookie', 'Authorization', 'Cache-Control', 'Content-Type'].map((name) => ({
    id: `B1-nominate-${name.toLowerCase()}`,
    title: `naming the end-to-end field ${name}`,
    bytes: get(`Connection: close, ${name}`, ...(name === 'Host' ? [] : [`${name}: x`])),
    expect: refused(400, 'bad_connection_option'),
  })),
  request(
    'B1-nominate-length',
    'naming the end-to-end field Content-Length',
    post(['Connection: Content-Length', 'Content-Length: 2'], 'hi'),
    refused(400, 'bad_connection_option'),
  ),

  // B10: singletons.
  request(
    'B10-content-type',
    'Content-Type twice',
    post(['Content-Length: 2', 'Content-Type: text/plain', 'Content-Type: text/html'], 'hi'),
    refused(400, 'bad_header'),
  ),
  request(
    'B10-authorization',
    'Authorization twice',
    get('Authorization: Basic YTph', 'Authorization: Basic Yjpi'),
    refused(400, 'bad_header'),
  ),
  request(
    'B10-authorization-equal',
    'Authorization twice with the same value',
    get('Authorization: Basic YTph', 'authorization: Basic YTph'),
    refused(400, 'bad_header'),
  ),
  request(
    'B9-content-type',
    'an odd but legal Content-Type and its body pass byte for byte',
    post(
      ['Content-Type: application/json ; charset=utf-8', 'Content-Length: 16'],
      '"{\\"method\\":\\"x"'.slice(0, 16),
    ),
    accepted({
      has: [['Content-Type', 'application/json ; charset=utf-8']],
      body: '"{\\"method\\":\\"x"'.slice(0, 16),
    }),
    ['GHSA-v2v2-hph8-q5xp'],
  ),
  request(
    'B9-repeated',
    'repeated fields keep their order and stay apart',
    get('X-A: 1', 'X-B: 2', 'X-A: 3'),
    accepted({
      has: [
        ['X-A', '1'],
        ['X-B', '2'],
        ['X-A', '3'],
      ],
    }),
  ),
];

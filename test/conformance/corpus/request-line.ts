/** Rules A2-A6: the request line. */
import { accepted, get, line, type RequestCase, refused, request } from './types.ts';

const host = (name: string) => ({ has: [['Host', name]] as const });

export const REQUEST_LINE: readonly RequestCase[] = [
  // A2: forms of the target. The origin's route keeps the client's Host, so the origin sees which one won.
  request(
    'A2-absolute',
    'absolute-form: its host wins over Host',
    line('GET http://target.example/@CASE-MARK@?q=1 HTTP/1.1', 'other.example'),
    accepted({ target: '/@CASE-MARK@?q=1', ...host('target.example') }),
  ),
  request(
    'A2-absolute-port',
    'absolute-form with port',
    line('GET http://target.example:81/@CASE-MARK@ HTTP/1.1', 'other.example'),
    accepted({ target: '/@CASE-MARK@', ...host('target.example:81') }),
  ),
  request(
    'A2-absolute-upper',
    'absolute-form: scheme and host without case',
    line('GET HTTP://Target.Example/@CASE-MARK@ HTTP/1.1'),
    accepted({ target: '/@CASE-MARK@' }),
  ),
  request(
    'A2-absolute-query-only',
    'absolute-form with an empty path and a query',
    line('GET http://target.example?@CASE-MARK@ HTTP/1.1'),
    accepted({ target: '/?@CASE-MARK@' }),
  ),
  request(
    'A2-absolute-no-host',
    'absolute-form without a Host field',
    'GET http://target.example/@CASE-MARK@ HTTP/1.1\r\n\r\n',
    refused(400, 'bad_host'),
  ),
  request(
    'A2-absolute-userinfo',
    'absolute-form with userinfo',
    line('GET http://user@target.example/@CASE-MARK@ HTTP/1.1'),
    refused(400),
  ),
  request(
    'A2-absolute-empty-host',
    'absolute-form with an empty host',
    line('GET http:///@CASE-MARK@ HTTP/1.1'),
    refused(400),
  ),
  request(
    'A2-absolute-port-only',
    'absolute-form with a port but no host',
    line('GET http://:80/@CASE-MARK@ HTTP/1.1'),
    refused(400),
  ),
  request(
    'A2-absolute-ftp',
    'absolute-form with another scheme',
    line('GET ftp://target.example/@CASE-MARK@ HTTP/1.1'),
    refused(400),
  ),
  request(
    'A2-absolute-bad-host',
    'absolute-form with an illegal host',
    line('GET http://tar"get/@CASE-MARK@ HTTP/1.1'),
    refused(400),
  ),
  request(
    'A2-options-asterisk',
    'OPTIONS * is answered by the gateway',
    'OPTIONS * HTTP/1.1\r\nHost: a\r\nX: @CASE-MARK@\r\n\r\n',
    { statuses: [[200, 204]], closes: false },
  ),
  request(
    'A2-get-asterisk',
    'asterisk-form with another method',
    'GET * HTTP/1.1\r\nHost: a\r\nX: @CASE-MARK@\r\n\r\n',
    refused(400, 'bad_target'),
  ),
  request(
    'A2-get-authority',
    'authority-form with another method than CONNECT',
    'GET a:80 HTTP/1.1\r\nHost: a\r\nX: @CASE-MARK@\r\n\r\n',
    refused(400, 'bad_target'),
  ),
  request(
    'A2-no-slash',
    'target without a leading slash',
    line('GET @CASE-MARK@ HTTP/1.1'),
    refused(400, 'bad_target'),
  ),
  request(
    'A2-query-only',
    'target that begins with ?',
    line('GET ?@CASE-MARK@ HTTP/1.1'),
    refused(400, 'bad_target'),
  ),
  request(
    'A2-asterisk-path',
    'asterisk followed by a path',
    line('OPTIONS */@CASE-MARK@ HTTP/1.1'),
    refused(400, 'bad_target'),
  ),

  // A3: characters of the target.
  request(
    'A3-fragment',
    'fragment in the target',
    line('GET /@CASE-MARK@#top HTTP/1.1'),
    refused(400, 'bad_target'),
  ),
  request(
    'A3-fragment-query',
    'fragment after a query',
    line('GET /@CASE-MARK@?a=1#top HTTP/1.1'),
    refused(400, 'bad_target'),
  ),
  request('A3-space', 'space in the target', line('GET /@CASE-MARK@ x HTTP/1.1'), refused(400)),
  request('A3-tab', 'tab in the target', line('GET /@CASE-MARK@\tx HTTP/1.1'), refused(400)),
  request('A3-nul', 'NUL in the target', line('GET /@CASE-MARK@\0x HTTP/1.1'), refused(400)),
  request('A3-ctl', 'control character in the target', line('GET /@CASE-MARK@\x01x HTTP/1.1'), refused(400)),
  request(
    'A3-ctl-query',
    'control character in the query',
    line('GET /@CASE-MARK@?\x1bx HTTP/1.1'),
    refused(400),
  ),
  request('A3-del', 'DEL in the target', line('GET /@CASE-MARK@\x7fx HTTP/1.1'), refused(400)),
  request('A3-non-ascii', 'non-ASCII in the path', line('GET /@CASE-MARK@\xc3\xa9 HTTP/1.1'), refused(400)),
  request(
    'A3-non-ascii-query',
    'non-ASCII in the query',
    line('GET /@CASE-MARK@?\xc3\xa9 HTTP/1.1'),
    refused(400),
  ),

  // A4: methods.
  request(
    'A4-unknown',
    'unknown method on a route that allows every method',
    line('FROBNICATE /@CASE-MARK@ HTTP/1.1'),
    accepted({ method: 'FROBNICATE' }),
  ),
  request(
    'A4-lower',
    'the method is case-sensitive: get stays get',
    line('get /@CASE-MARK@ HTTP/1.1'),
    accepted({ method: 'get' }),
  ),
  request('A4-non-token', 'method that is no token', line('GE(T /@CASE-MARK@ HTTP/1.1'), refused([400, 501])),
  request(
    'A4-non-ascii',
    'method with a non-ASCII byte',
    line('G\xc9T /@CASE-MARK@ HTTP/1.1'),
    refused([400, 501]),
  ),
  request('A4-empty', 'empty method', line(' /@CASE-MARK@ HTTP/1.1'), refused([400, 501])),
  request('A4-trace', 'TRACE is refused', line('TRACE /@CASE-MARK@ HTTP/1.1'), {
    statuses: [501],
    closes: 'either',
    code: 'method_not_implemented',
  }),
  request(
    'C12-connect',
    'CONNECT is refused',
    'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nX: @CASE-MARK@\r\n\r\n',
    refused(501, 'method_not_implemented'),
  ),

  // A5: versions.
  request(
    'A5-2.0',
    'HTTP/2.0 on a 1.x line',
    line('GET /@CASE-MARK@ HTTP/2.0'),
    refused(505, 'version_not_supported'),
  ),
  request('A5-1.2', 'HTTP/1.2', line('GET /@CASE-MARK@ HTTP/1.2'), refused(505, 'version_not_supported')),
  request(
    'A5-0.9',
    'HTTP/0.9 with a version',
    line('GET /@CASE-MARK@ HTTP/0.9'),
    refused(505, 'version_not_supported'),
  ),
  request('A5-two-digits', 'HTTP/1.10', line('GET /@CASE-MARK@ HTTP/1.10'), refused([400, 505])),
  request('A5-short', 'HTTP/1', line('GET /@CASE-MARK@ HTTP/1'), refused([400, 505])),
  request('A5-lower', 'http/1.1 in lower case', line('GET /@CASE-MARK@ http/1.1'), refused([400, 505])),
  request('A5-other-name', 'another protocol name', line('GET /@CASE-MARK@ HTTQ/1.1'), refused([400, 505])),
  request('A5-missing', 'no version (an HTTP/0.9 request)', line('GET /@CASE-MARK@'), refused([400, 505])),
  request(
    'A5-space-after',
    'space after the version',
    line('GET /@CASE-MARK@ HTTP/1.1 '),
    refused([400, 505]),
  ),
  request('A5-two-spaces', 'two spaces before the version', line('GET /@CASE-MARK@  HTTP/1.1'), refused(400)),
  request(
    'A5-two-spaces-target',
    'two spaces before the target',
    line('GET  /@CASE-MARK@ HTTP/1.1'),
    refused(400),
  ),
  request('A5-tab', 'tabs instead of spaces', line('GET\t/@CASE-MARK@\tHTTP/1.1'), refused([400, 501])),
  request('A5-1.0', 'HTTP/1.0 without Host; closes after the response', 'GET /@CASE-MARK@ HTTP/1.0\r\n\r\n', {
    statuses: [200],
    closes: true,
    seen: [{}],
  }),
  request(
    'A5-1.0-keep-alive',
    'HTTP/1.0 that asks for keep-alive',
    'GET /@CASE-MARK@ HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n',
    accepted(),
  ),

  // A6: empty lines before a request.
  request('A6-one', 'CRLF before the request line', `\r\n${get()}`, accepted()),
  request('A6-two', 'two CRLFs before the request line', `\r\n\r\n${get()}`, accepted()),
  request('A6-between', 'CRLF between two requests', `${get()}\r\n${get()}`, {
    statuses: [200, 200],
    closes: false,
    seen: [{}, {}],
  }),
  request(
    'A6-after-body',
    'CRLF after a body with Content-Length',
    `POST /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n${get()}`,
    { statuses: [200, 200], closes: false, seen: [{ body: 'hi' }, {}] },
  ),
  request('A6-lf', 'bare LF before the request line', `\n${get()}`, refused([400, 501])),
  request('A6-cr', 'bare CR before the request line', `\r${get()}`, refused([400, 501])),
];

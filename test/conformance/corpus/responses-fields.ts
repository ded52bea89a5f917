/** Rules C8-C10, C15, B1, B3, B9, B10, B12, B14 towards the client: what else an upstream may send. */
import type { Field } from '../../support/wire.ts';
import { type ResponseCase, type ResponseOutcome, response } from './types.ts';

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK';
const bad: ResponseOutcome = { status: 502, code: 'upstream_bad_response', reusable: false };
const passes = (body: string, more: Partial<ResponseOutcome> = {}): ResponseOutcome => ({
  status: 200,
  body,
  reusable: true,
  ...more,
});

function malformed(
  id: string,
  title: string,
  bytes: string,
  after: ResponseCase['after'] = 'keep',
): ResponseCase {
  return { id, title, bytes, after, expect: bad };
}

const WANTS_TRAILERS: readonly Field[] = [
  ['TE', 'trailers'],
  ['Connection', 'TE'],
];

export const RESPONSE_FIELDS: readonly ResponseCase[] = [
  // C8, C9: malformed responses.
  malformed(
    'C8-cl-te',
    'Content-Length and Transfer-Encoding',
    `${head(OK, 'Content-Length: 5', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
  ),
  malformed(
    'C8-cl-differ',
    'two different Content-Lengths',
    `${head(OK, 'Content-Length: 5', 'Content-Length: 6')}hello!`,
  ),
  malformed('C8-cl-list', 'a list of different Content-Lengths', `${head(OK, 'Content-Length: 5, 6')}hello!`),
  malformed('C8-cl-empty', 'an empty Content-Length', head(OK, 'Content-Length:')),
  malformed('C8-cl-plus', 'Content-Length with a sign', `${head(OK, 'Content-Length: +5')}hello`),
  malformed(
    'C8-cl-huge',
    'Content-Length over 2^53',
    `${head(OK, 'Content-Length: 99999999999999999999')}hello`,
  ),
  malformed('C8-obs-fold', 'obs-fold', `${head(OK, 'X: a', ' b', 'Content-Length: 0')}`),
  malformed('C8-nul', 'NUL in a value', head(OK, 'X: a\0b', 'Content-Length: 0')),
  malformed('C8-cr', 'bare CR in a value', head(OK, 'X: a\rY: b', 'Content-Length: 0')),
  malformed('C8-lf', 'bare LF as line end', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'),
  malformed('C8-space-colon', 'space before the colon', head(OK, 'Content-Length : 0')),
  malformed('C8-name', 'a name that is no token', head(OK, 'X Y: a', 'Content-Length: 0')),
  malformed('C8-empty-name', 'an empty name', head(OK, ': a', 'Content-Length: 0')),
  malformed('C8-no-colon', 'a line without a colon', head(OK, 'X', 'Content-Length: 0')),
  malformed('C8-version', 'HTTP/2.0 in the status line', head('HTTP/2.0 200 OK', 'Content-Length: 0')),
  malformed('C8-status-short', 'a status of two digits', head('HTTP/1.1 20 OK', 'Content-Length: 0')),
  malformed('C8-status-long', 'a status of four digits', head('HTTP/1.1 2000 OK', 'Content-Length: 0')),
  malformed('C8-status-low', 'status 099', head('HTTP/1.1 099 OK', 'Content-Length: 0')),
  malformed(
    'C8-status-blank',
    'a status of two digits and a space',
    head('HTTP/1.1 99  OK', 'Content-Length: 0'),
  ),
  malformed('C8-status-colon', 'a status with a colon', head('HTTP/1.1 2:0 OK', 'Content-Length: 0')),
  malformed('C8-status-letters', 'a status of letters', head('HTTP/1.1 abc OK', 'Content-Length: 0')),
  malformed('C8-garbage', 'bytes that are no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'),
  malformed('C8-te-unknown', 'an unknown transfer coding', `${head(OK, 'Transfer-Encoding: gzip')}x`),
  malformed(
    'C8-te-twice',
    'Transfer-Encoding twice',
    `${head(OK, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ),
  malformed(
    'C8-te-gzip-chunked',
    'Transfer-Encoding: gzip, chunked',
    `${head(OK, 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
  ),
  malformed(
    'C8-te-1.0',
    'Transfer-Encoding in an HTTP/1.0 response',
    `${head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ),
  malformed(
    'C9-chunked-gzip',
    'Transfer-Encoding: chunked, gzip',
    `${head(OK, 'Transfer-Encoding: chunked, gzip')}0\r\n\r\n`,
  ),
  response(
    'C8-chunk-size',
    'a bad chunk size at once',
    `${head(OK, 'Transfer-Encoding: chunked')}zz\r\nhello\r\n0\r\n\r\n`,
    'keep',
    { status: 200, truncated: true, reusable: false },
  ),
  response(
    'C8-chunk-later',
    'a bad chunk size after good data',
    `${head(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\nzz\r\n`,
    'keep',
    { status: 200, truncated: true, reusable: false },
  ),
  response(
    'C8-chunk-lf',
    'bare LF after a chunk size',
    `${head(OK, 'Transfer-Encoding: chunked')}5\nhello\r\n0\r\n\r\n`,
    'keep',
    { status: 200, truncated: true, reusable: false },
  ),
  response(
    'C8-chunk-end',
    'chunk data that does not end with CRLF',
    `${head(OK, 'Transfer-Encoding: chunked')}5\r\nhelloXX0\r\n\r\n`,
    'keep',
    { status: 200, truncated: true, reusable: false },
  ),

  // B3, B10 outwards.
  response(
    'B3-407',
    '407 from an upstream',
    head('HTTP/1.1 407 Proxy Authentication Required', 'Proxy-Authenticate: Basic', 'Content-Length: 0'),
    'keep',
    { status: 502, code: 'upstream_proxy_auth', reusable: true, lacks: ['Proxy-Authenticate'] },
  ),
  malformed(
    'B10-content-type',
    'Content-Type twice',
    head(OK, 'Content-Type: text/plain', 'Content-Type: text/html', 'Content-Length: 0'),
  ),
  malformed(
    'B10-location',
    'Location twice',
    head('HTTP/1.1 302 Found', 'Location: /a', 'Location: /b', 'Content-Length: 0'),
  ),
  malformed('B10-etag', 'ETag twice', head(OK, 'ETag: "a"', 'ETag: "b"', 'Content-Length: 0')),

  // B1, B9, B12 outwards.
  response(
    'B1-response',
    'hop-by-hop fields of a response are removed',
    head(
      OK,
      'Connection: keep-alive, X-Hop',
      'X-Hop: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Upgrade: h2c',
      'X: y',
      'Content-Length: 0',
    ),
    'keep',
    passes('', { has: [['X', 'y']], lacks: ['X-Hop', 'Keep-Alive', 'Proxy-Connection', 'Upgrade'] }),
  ),
  response(
    'B9-set-cookie',
    'Set-Cookie lines stay apart and in order',
    head(OK, 'Set-Cookie: a=1; Path=/', 'X: y', 'Set-Cookie: b=2', 'Content-Length: 0'),
    'keep',
    passes('', {
      has: [
        ['Set-Cookie', 'a=1; Path=/'],
        ['X', 'y'],
        ['Set-Cookie', 'b=2'],
      ],
    }),
  ),
  response(
    'B9-bytes',
    'bytes 80-FF in a response field pass unchanged',
    head(OK, 'X: caf\xc3\xa9 \xff', 'Content-Length: 0'),
    'keep',
    passes('', { has: [['X', 'caf\xc3\xa9 \xff']] }),
  ),
  response(
    'B12-date',
    'Date and Server of the upstream stay',
    head(OK, 'Date: Tue, 15 Nov 1994 08:12:31 GMT', 'Server: origin/1', 'Content-Length: 0'),
    'keep',
    passes('', {
      has: [
        ['Date', 'Tue, 15 Nov 1994 08:12:31 GMT'],
        ['Server', 'origin/1'],
      ],
    }),
  ),
  response(
    'B14-range',
    '206 and validators pass untouched',
    `${head('HTTP/1.1 206 Partial Content', 'Content-Range: bytes 0-1/5', 'ETag: "v1"', 'Accept-Ranges: bytes', 'Vary: Accept-Encoding', 'Content-Length: 2')}he`,
    'keep',
    {
      status: 206,
      body: 'he',
      has: [
        ['Content-Range', 'bytes 0-1/5'],
        ['ETag', '"v1"'],
        ['Accept-Ranges', 'bytes'],
        ['Vary', 'Accept-Encoding'],
      ],
      reusable: true,
    },
  ),

  // C10: trailers.
  response(
    'C10-wanted',
    'trailers reach a client that sent TE: trailers',
    `${head(OK, 'Transfer-Encoding: chunked', 'Trailer: Server-Timing')}2\r\nhi\r\n0\r\nServer-Timing: db;dur=5\r\n\r\n`,
    'keep',
    passes('hi', { trailers: [['Server-Timing', 'db;dur=5']] }),
    { request: WANTS_TRAILERS },
  ),
  response(
    'C10-unwanted',
    'trailers do not reach a client that did not ask, nor its header',
    `${head(OK, 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\nServer-Timing: db;dur=5\r\n\r\n`,
    'keep',
    passes('hi', { trailers: [], lacks: ['Server-Timing'] }),
  ),
  response(
    'C10-forbidden',
    'framing, routing, authentication and cookie fields never pass as trailers',
    `${head(OK, 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: evil\r\nSet-Cookie: a=1\r\nWWW-Authenticate: Basic\r\nContent-Type: text/html\r\nCache-Control: public\r\nLocation: /x\r\nServer-Timing: db;dur=5\r\n\r\n`,
    'keep',
    passes('hi', { trailers: [['Server-Timing', 'db;dur=5']] }),
    { request: WANTS_TRAILERS },
  ),
  response(
    'C10-malformed',
    'a malformed trailer cuts the response',
    `${head(OK, 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\nX Y: z\r\n\r\n`,
    'keep',
    { status: 200, truncated: true, reusable: false },
  ),

  // C15
  response(
    'C15-chunked',
    'an HTTP/1.0 client gets no chunks',
    `${head(OK, 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\n\r\n`,
    'keep',
    passes('hi', { lacks: ['Transfer-Encoding'] }),
    { version: '1.0' },
  ),
  response(
    'C15-truncated',
    'an HTTP/1.0 client sees a truncation as a reset',
    `${head(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\n`,
    'close',
    { status: 200, truncated: true, reusable: false },
    { version: '1.0', afterClientHas: true },
  ),
];

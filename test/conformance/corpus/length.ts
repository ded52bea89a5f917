/** Rules A9-A11: Content-Length and Transfer-Encoding of a request. */
import { accepted, get, post, type RequestCase, refused, request, SMUGGLED } from './types.ts';

export const LENGTH: readonly RequestCase[] = [
  // A9
  request(
    'A9-cl-te',
    'Content-Length and Transfer-Encoding together',
    post(['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`),
    refused(400, 'bad_framing'),
    ['CVE-2026-2835', 'CVE-2026-2836'],
  ),
  request(
    'A9-te-cl',
    'Transfer-Encoding and Content-Length together, other order',
    post(['Transfer-Encoding: chunked', 'Content-Length: 4'], `5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
    refused(400, 'bad_framing'),
  ),
  request(
    'A9-zero',
    'Content-Length: 0 beside Transfer-Encoding',
    post(['Content-Length: 0', 'Transfer-Encoding: chunked'], `0\r\n\r\n`),
    refused(400, 'bad_framing'),
  ),
  request(
    'A9-get',
    'both on a GET',
    get('Content-Length: 0', 'Transfer-Encoding: chunked'),
    refused(400, 'bad_framing'),
  ),

  // A10
  request(
    'A10-upper',
    'the coding name has no case',
    post(['Transfer-Encoding: CHUNKED'], '2\r\nhi\r\n0\r\n\r\n'),
    accepted({ body: 'hi' }),
  ),
  request(
    'A10-spaces',
    'white space around the coding',
    post(['Transfer-Encoding: \t chunked \t'], '2\r\nhi\r\n0\r\n\r\n'),
    accepted({ body: 'hi' }),
  ),
  ...Object.entries({
    'gzip, chunked': 'gzip-chunked',
    'chunked, gzip': 'chunked-gzip',
    'chunked, identity': 'chunked-identity',
    'chunked, chunked': 'chunked-chunked',
    identity: 'identity',
    gzip: 'gzip',
    xchunked: 'xchunked',
    chunkedx: 'chunkedx',
    'chunked;q=1': 'parameter',
    '"chunked"': 'quoted',
    ',chunked': 'comma',
    'x, chunked': 'unknown',
    'chun ked': 'split',
    '': 'empty',
  }).map(([coding, name]) => ({
    id: `A10-${name}`,
    title: `Transfer-Encoding: ${coding || '(empty)'}`,
    bytes: post([`Transfer-Encoding: ${coding}`], `0\r\n\r\n${SMUGGLED}`),
    expect: refused([400, 501], ['bad_framing', 'unknown_coding']),
  })),
  request(
    'A10-vertical-tab',
    'a vertical tab before the coding',
    post(['Content-Length: 5', 'Transfer-Encoding: \x0bchunked'], `0\r\n\r\n${SMUGGLED}`),
    refused(400),
    ['CVE-2019-18277'],
  ),
  request(
    'A10-twice',
    'Transfer-Encoding twice',
    post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`),
    refused([400, 501]),
  ),
  request(
    'A10-twice-identity',
    'Transfer-Encoding twice, second identity',
    post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${SMUGGLED}`),
    refused([400, 501]),
  ),
  request(
    'A10-1.0',
    'Transfer-Encoding in HTTP/1.0',
    `POST /@CASE-MARK@ HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    refused(400, 'bad_framing'),
    ['CVE-2026-2835', 'CVE-2026-2836'],
  ),

  // A11
  request(
    'A11-zeros',
    'leading zeros are legal',
    post(['Content-Length: 0002'], 'hi'),
    accepted({ body: 'hi', has: [['Content-Length', '2']] }),
  ),
  ...Object.entries({
    '': 'empty',
    '+2': 'plus',
    '-2': 'minus',
    '0x2': 'hex',
    '2,2': 'list',
    '2, 2': 'list-space',
    '2e0': 'exponent',
    '2.0': 'decimal',
    '2 2': 'space',
    '2;a': 'parameter',
    '\xb2': 'superscript',
    '9007199254740993': 'over-2-53',
    '18446744073709551618': 'over-2-64',
    '99999999999999999999999999': 'over',
    NaN: 'nan',
  }).map(([value, name]) => ({
    id: `A11-${name}`,
    title: `Content-Length: ${value || '(empty)'}`,
    bytes: post([`Content-Length: ${value}`], `hi${SMUGGLED}`),
    expect: refused([400, 413]),
    ...(name === 'empty' ? { advisories: ['CVE-2023-40225'] } : {}),
    ...(name === 'over' ? { advisories: ['CVE-2021-40346'] } : {}),
  })),
  request(
    'A11-long-name',
    'a name of 270 bytes that begins like Content-Length is just a name',
    post([`Content-Length0${'a'.repeat(255)}:`, `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    accepted({ body: SMUGGLED }),
    ['CVE-2021-40346'],
  ),
  request(
    'A11-twice',
    'Content-Length twice, different',
    post(['Content-Length: 2', `Content-Length: ${SMUGGLED.length}`], `hi${SMUGGLED}`),
    refused(400, 'bad_framing'),
  ),
  request(
    'A11-twice-equal',
    'Content-Length twice, equal',
    post(['Content-Length: 2', 'Content-Length: 2'], `hi${SMUGGLED}`),
    refused(400, 'bad_framing'),
  ),
  request(
    'A11-1.0-twice',
    'Content-Length twice in HTTP/1.0',
    'POST /@CASE-MARK@ HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi',
    refused(400, 'bad_framing'),
  ),
];

/** Rule A12: chunked bodies of a request. */
import { accepted, chunked, get, type RequestCase, refused, request, SMUGGLED } from './types.ts';

const badChunk = refused(400, 'bad_chunk');
const ok2 = { statuses: [200, 200], closes: false } as const;

export const CHUNKS: readonly RequestCase[] = [
  request(
    'A12-plain',
    'chunks are joined',
    chunked('2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'),
    accepted({ body: 'hello' }),
  ),
  request('A12-empty', 'an empty chunked body', chunked('0\r\n\r\n'), accepted({ body: '' })),
  request(
    'A12-hex',
    'sizes in both cases and with leading zeros',
    chunked('A\r\n0123456789\r\n00a\r\n0123456789\r\n00\r\n\r\n'),
    accepted({ body: '01234567890123456789' }),
  ),
  request(
    'A12-extension',
    'chunk extensions are skipped',
    chunked('2;a=b;c="d e"\r\nhi\r\n0;last\r\n\r\n'),
    accepted({ body: 'hi' }),
  ),
  request(
    'A12-extension-space',
    'space before a chunk extension',
    chunked('2 ;a\r\nhi\r\n0\r\n\r\n'),
    accepted({ body: 'hi' }),
  ),
  request(
    'A12-trailers',
    'trailers end the body and join no header',
    chunked('2\r\nhi\r\n0\r\nX-Sum: 1\r\nHost: evil\r\nContent-Length: 9\r\n\r\n'),
    accepted({ body: 'hi', has: [['Host', 'a']], lacks: ['Content-Length', 'X-Sum'] }),
  ),
  request(
    'A12-then',
    'bytes after the last chunk are the next request',
    `${chunked('2\r\nhi\r\n0\r\n\r\n')}${get('X: y')}`,
    { ...ok2, seen: [{ body: 'hi' }, { method: 'GET' }] },
  ),
  request('A12-0x', 'chunk size 0x2', chunked(`0x2\r\nhi\r\n0\r\n\r\n${SMUGGLED}`), badChunk),
  request('A12-plus', 'chunk size +2', chunked(`+2\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-minus', 'chunk size -2', chunked(`-2\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-space', 'space before the chunk size', chunked(` 2\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-no-size', 'no chunk size', chunked(`\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-only-extension', 'an extension but no chunk size', chunked(`;a\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-letters', 'chunk size that is no number', chunked(`hi\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-underscore', 'chunk size 1_0', chunked(`1_0\r\n0123456789abcdef\r\n0\r\n\r\n`), badChunk),
  request(
    'A12-overflow-64',
    'chunk size that overflows 64 bits',
    chunked(`10000000000000002\r\nhi\r\n0\r\n\r\n${SMUGGLED}`),
    refused([400, 413]),
  ),
  request(
    'A12-overflow-32',
    'chunk size that overflows 32 bits',
    chunked(`100000002\r\nhi\r\n0\r\n\r\n${SMUGGLED}`),
    refused([400, 413]),
  ),
  request('A12-size-lf', 'bare LF after a chunk size', chunked(`2\nhi\r\n0\r\n\r\n${SMUGGLED}`), badChunk),
  request('A12-size-cr', 'bare CR after a chunk size', chunked(`2\rhi\r\n0\r\n\r\n`), badChunk),
  request(
    'A12-extension-lf',
    'bare LF in a chunk extension',
    chunked(`2;a\nhi\r\n0\r\n\r\n${SMUGGLED}`),
    badChunk,
  ),
  request('A12-extension-cr', 'bare CR in a chunk extension', chunked(`2;a\rb\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-extension-nul', 'NUL in a chunk extension', chunked(`2;a\0\r\nhi\r\n0\r\n\r\n`), badChunk),
  request('A12-data-long', 'chunk data longer than its size', chunked(`2\r\nhix\r\n0\r\n\r\n`), badChunk),
  request('A12-data-lf', 'bare LF after chunk data', chunked(`2\r\nhi\n0\r\n\r\n${SMUGGLED}`), badChunk),
  request(
    'A12-data-none',
    'nothing between chunk data and the next size',
    chunked(`2\r\nhi0\r\n\r\n${SMUGGLED}`),
    badChunk,
  ),
  request(
    'A12-data-two',
    'two other bytes after chunk data',
    chunked(`2\r\nhiXX0\r\n\r\n${SMUGGLED}`),
    badChunk,
  ),
  request(
    'A12-last-two',
    'two other bytes after the last chunk',
    chunked(`0\r\nXX${SMUGGLED}`),
    refused(400),
    ['CVE-2023-40175', 'oven-sh/bun#29732'],
  ),
  request('A12-last-lf', 'bare LF after the last chunk', chunked(`0\r\n\n${SMUGGLED}`), refused(400)),
  request('A12-last-size-lf', 'bare LF after the size 0', chunked(`0\n\r\n${SMUGGLED}`), badChunk),
  request(
    'A12-trailer-space',
    'space before the colon of a trailer',
    chunked(`0\r\nX : y\r\n\r\n`),
    refused(400),
  ),
  request('A12-trailer-fold', 'obs-fold in a trailer', chunked(`0\r\nX: y\r\n z\r\n\r\n`), refused(400)),
  request('A12-trailer-colon', 'trailer without a colon', chunked(`0\r\nX\r\n\r\n`), refused(400)),
  request('A12-trailer-lf', 'bare LF after a trailer', chunked(`0\r\nX: y\n\r\n${SMUGGLED}`), refused(400)),
  request('A12-trailer-nul', 'NUL in a trailer', chunked(`0\r\nX: \0\r\n\r\n`), refused(400)),
];

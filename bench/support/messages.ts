/** A request as a browser sends it and the answer of an API, for the benchmarks of heads and fields. */

export const REQUEST_LINES = [
  'Host: api.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: application/json',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br',
  'Origin: https://app.example.com',
  `Authorization: Basic ${Buffer.from('alice:open sesame').toString('base64')}`,
  'X-Api-Key: 0123456789abcdef',
  'Cookie: session=0123456789abcdef0123456789abcdef',
  'Connection: keep-alive',
];

export const RESPONSE_LINES = [
  'Content-Type: application/json',
  'Content-Length: 78',
  'Date: Mon, 01 Jan 2024 00:00:00 GMT',
  'Server: nginx',
  'Cache-Control: private, max-age=0',
  'ETag: "0123456789"',
];

/** Field lines with the empty line that ends them. */
export function section(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Reading heads: scanning fields, whole request and response heads, new ones and repeated ones. */
import { HeaderBlock, SCAN_OK } from '../src/http/header-block.ts';
import { RequestHead } from '../src/http/request-head.ts';
import { ResponseHead } from '../src/http/response-head.ts';
import { settingsOf } from '../test/support/lone-worker.ts';
import { costText, measure } from './support/measure.ts';
import { REQUEST_LINES, RESPONSE_LINES, section } from './support/messages.ts';

const OPERATIONS = 4096;

/** As many heads as operations, so that none is found to be the one before. */
function differing(first: string, lines: readonly string[], name: string): string[] {
  return Array.from({ length: OPERATIONS }, (_, i) =>
    Buffer.from(`${first}\r\n${section([...lines, `${name}: ${i}`])}`, 'latin1').toString('latin1'),
  );
}

function row(title: string, operation: (index: number) => unknown): void {
  console.log(`  ${title.padEnd(52)} ${costText(measure(operation, { operations: OPERATIONS }))}`);
}

function expect<T>(actual: T, wanted: T): T {
  if (actual !== wanted) throw new Error(`got ${String(actual)} instead of ${String(wanted)}`);
  return actual;
}

const { limits, pathPolicy } = await settingsOf();

console.log(`fields (${REQUEST_LINES.length + 1} of a browser)`);
const sections = differing('', REQUEST_LINES, 'X-Sequence').map((text) => text.slice(2));
const block = new HeaderBlock();
row('scan', (i) => expect(block.scan(sections[i]!, 0, 100), SCAN_OK));
row('scan, get of the last one', (i) => {
  block.scan(sections[i]!, 0, 100);
  return block.get('X-Sequence');
});

console.log('request heads');
const request = new RequestHead();
const requests = differing('GET /api/items/7?full=1 HTTP/1.1', REQUEST_LINES, 'X-Sequence');
row('parse, all of it new', (i) => expect(request.parse(requests[i]!, limits, pathPolicy), ''));
const sameFields = Array.from({ length: OPERATIONS }, (_, i) =>
  Buffer.from(`GET /api/items/${i} HTTP/1.1\r\n${section(REQUEST_LINES)}`, 'latin1').toString('latin1'),
);
row('parse, fields as in the request before', (i) =>
  expect(request.parse(sameFields[i]!, limits, pathPolicy), ''),
);

console.log('response heads');
const response = new ResponseHead();
const responses = differing('HTTP/1.1 200 OK', RESPONSE_LINES, 'X-Sequence');
row('parse, all of it new', (i) => expect(response.parse(responses[i]!, false), ''));
const copies = Array.from({ length: OPERATIONS }, () =>
  Buffer.from(`HTTP/1.1 200 OK\r\n${section(RESPONSE_LINES)}`, 'latin1').toString('latin1'),
);
row('parse, the same bytes as before', (i) => expect(response.parse(copies[i]!, false), ''));

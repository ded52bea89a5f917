/** Editing header fields, and writing the fields of the request that goes to the endpoint. */
import { DROP_RESPONSE } from '../src/http/forwarding.ts';
import { HeaderBlock } from '../src/http/header-block.ts';
import { newIdLines } from '../src/telemetry/trace-context.ts';
import { forwardedLines } from '../src/worker/upstream-request.ts';
import { settingsOf } from '../test/support/lone-worker.ts';
import { makeRequest } from './support/exchange.ts';
import { costText, measure } from './support/measure.ts';
import { REQUEST_LINES, RESPONSE_LINES, section } from './support/messages.ts';

const OPERATIONS = 4096;
const VIA = 'octopus (3f2a)';

function row(title: string, operation: (index: number) => unknown): void {
  console.log(`  ${title.padEnd(52)} ${costText(measure(operation, { operations: OPERATIONS }))}`);
}

/** A string put together from pieces costs most of its time when its bytes are wanted, so they are. */
const wire = Buffer.alloc(4096);
const write = (text: string): number => wire.write(text, 0, 'latin1');

const FIELDS = section(REQUEST_LINES);
const block = new HeaderBlock();
console.log(`edits (each after a scan of ${REQUEST_LINES.length} fields)`);
row('no edit', () => block.scan(FIELDS, 0, 100));
row('set one that was not there', () => {
  block.scan(FIELDS, 0, 100);
  block.set('X-Env', 'prod');
  return block;
});
row('replace one', () => {
  block.scan(FIELDS, 0, 100);
  block.set('Accept-Language', 'de');
  return block;
});
row('delete one', () => {
  block.scan(FIELDS, 0, 100);
  block.delete('Cookie');
  return block;
});

const { limits, pathPolicy } = await settingsOf();
const exchange = makeRequest();
const head = `GET /api/items/7 HTTP/1.1\r\n${FIELDS}`;
const prepare = () => {
  const problem = exchange.head.parse(head, limits, pathPolicy);
  if (problem !== '') throw new Error(problem);
};
console.log('fields of the forwarded request, to bytes');
prepare();
row('plain', () => write(forwardedLines(exchange, newIdLines(), VIA)));
row('parsed again, one field set, one deleted', () => {
  prepare();
  exchange.head.headers.set('X-Env', 'prod');
  exchange.head.headers.delete('Cookie');
  return write(forwardedLines(exchange, newIdLines(), VIA));
});

console.log('fields of the response, to bytes');
const answer = new HeaderBlock();
const ANSWER = section(RESPONSE_LINES);
row('scan and write', () => {
  answer.scan(ANSWER, 0, 100);
  return write(answer.lines(DROP_RESPONSE));
});

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { RequestCase, SeenOutcome } from '../conformance/corpus/types.ts';
import type { RecordingOrigin, SeenRequest } from './origin.ts';
import { PATIENCE, RawClient } from './raw-client.ts';
import { type Field, message, valuesOf, type WireResponse } from './wire.ts';

/** How the bytes of a case travel: in one write, cut in two at a position, or one by one. */
export type Delivery = 'whole' | 'bytes' | number;

export interface Observed {
  readonly statuses: readonly number[];
  readonly responses: readonly WireResponse[];
  /** The connection closed without answering the request that was sent after the case. */
  readonly closed: boolean;
  /** What was no HTTP, or that neither an answer nor a close came in time; empty when all went well. */
  readonly fault: string;
  readonly seen: readonly SeenRequest[];
}

let counter = 0;

/** A marker that no other run has: the origin's records are found by it. */
export function newMarker(): string {
  return `idq${(counter++).toString(36).padStart(8, '0')}`;
}

/** Long enough that the first segment is read alone, short enough for thousands of runs. */
export const SEGMENT_GAP = 12;

export async function deliver(client: RawClient, bytes: string, delivery: Delivery): Promise<void> {
  if (delivery === 'whole') return client.write(bytes);
  if (delivery === 'bytes') {
    for (const byte of bytes) {
      if (client.closedHow !== null) return;
      client.write(byte);
      await pause(1);
    }
    return;
  }
  client.write(bytes.slice(0, delivery));
  await pause(SEGMENT_GAP);
  client.write(bytes.slice(delivery));
}

export interface RunOptions {
  readonly delivery?: Delivery;
  readonly patience?: number;
  readonly localAddress?: string;
  /** Over TLS. */
  readonly tls?: boolean;
}

/**
 * Sends the case, waits for the number of responses it should get, then sends one more request and reads to the end.
 * The last request shows whether the connection is open and in step: a gateway that took body bytes for a request,
 * or the other way round, answers it wrongly or not at all.
 */
export async function runCase(
  port: number,
  origin: RecordingOrigin,
  test: RequestCase,
  options: RunOptions = {},
): Promise<Observed> {
  const { delivery = 'whole', patience = PATIENCE, localAddress, tls } = options;
  const marker = newMarker();
  const bytes = test.bytes.replaceAll('@CASE-MARK@', marker);
  const methods = methodsOf(test);
  const client = await RawClient.connect(port, {
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(tls ? { tls: {} } : {}),
  });
  const responses: WireResponse[] = [];
  let fault = '';
  let closed = false;
  try {
    await deliver(client, bytes, delivery);
    for (const _ of test.expect.statuses) {
      const response = await nextOrClose(client, methods[responses.length] ?? 'GET', patience);
      if (!response) break;
      responses.push(response);
    }
    client.write(
      message('GET /probe HTTP/1.1', 'Host: probe.example', `X-Probe: ${marker}`, 'Connection: close'),
    );
    const answer = await nextOrClose(client, 'GET', patience);
    if (!answer) closed = true;
    else if (valuesOf(answer.fields, 'x-probe-answer')[0] !== marker) responses.push(answer);
    if (!closed) await client.closed(patience);
  } catch (error) {
    fault = (error as Error).message;
  } finally {
    client.reset();
  }
  // The probe itself is no part of what the case made the origin see.
  const seen = origin.about(marker).filter(({ target }) => target !== '/probe');
  return { statuses: responses.map(({ status }) => status), responses, closed, fault, seen };
}

async function nextOrClose(
  client: RawClient,
  method: string,
  patience: number,
): Promise<WireResponse | null> {
  const what = await client.until(
    () =>
      client.closedHow !== null && client.received === ''
        ? 'closed'
        : client.received !== ''
          ? 'bytes'
          : null,
    'a response',
    patience,
  );
  return what === 'closed' ? null : client.final(method, patience);
}

/** Methods of the requests of a case in order, as far as framing of the responses depends on them. */
function methodsOf(test: RequestCase): string[] {
  return [...test.bytes.matchAll(/(?:^|\n)(HEAD|GET|POST|DELETE|PUT|OPTIONS) (?=\S+ HTTP\/1)/g)].map(
    ([, method]) => method!,
  );
}

/** Throws an AssertionError unless everything is as the case says. */
export function checkCase(test: RequestCase, observed: Observed): void {
  const { expect } = test;
  const problem = observed.responses.find(({ status }) => status >= 400);
  const context = `statuses ${observed.statuses}, ${observed.closed ? 'closed' : 'open'}, origin saw ${describe(observed.seen)}${problem ? `, ${problem.body}` : ''}`;
  assert.equal(observed.fault, '', context);
  assert.equal(observed.statuses.length, expect.statuses.length, `number of responses: ${context}`);
  for (const [index, status] of observed.statuses.entries()) {
    const wanted = [expect.statuses[index]!].flat();
    assert.ok(wanted.includes(status), `status ${status}, wanted ${wanted.join(' or ')}: ${context}`);
  }
  if (expect.closes !== 'either') assert.equal(observed.closed, expect.closes, `closes: ${context}`);
  const last = observed.responses.at(-1);
  if (observed.closed && last) {
    assert.ok(
      valuesOf(last.fields, 'connection').some((value) => /\bclose\b/i.test(value)) || last.version === '1.0',
      `the last response must announce the close: ${context}`,
    );
  }
  if (expect.code !== undefined && last) {
    const { code } = JSON.parse(last.body) as { code: string };
    assert.ok([expect.code].flat().includes(code), `code ${code}, wanted ${expect.code}: ${context}`);
  }
  const complete = observed.seen.filter((request) => request.complete);
  const wanted = expect.seen ?? [];
  assert.equal(complete.length, wanted.length, `requests at the origin: ${context}`);
  for (const [index, outcome] of wanted.entries())
    checkSeen(complete[index]!, outcome, markerOf(observed.seen));
}

function checkSeen(request: SeenRequest, wanted: SeenOutcome, marker: string): void {
  if (wanted.method !== undefined) assert.equal(request.method, wanted.method);
  if (wanted.target !== undefined) {
    const targets = [wanted.target].flat().map((target) => target.replaceAll('@CASE-MARK@', marker));
    assert.ok(
      targets.includes(request.target),
      `origin saw target ${request.target}, wanted ${targets.join(' or ')}`,
    );
  }
  if (wanted.body !== undefined)
    assert.equal(request.body, wanted.body.replaceAll('@CASE-MARK@', marker), 'body at the origin');
  checkFields(request.fields, wanted);
  checkFields(request.trailers, { lacks: NEVER_TRAILERS });
}

/** Rule C10: what a service might take for a header field when a gateway lets it through as a trailer. */
const NEVER_TRAILERS = ['Host', 'Content-Length', 'Transfer-Encoding', 'Authorization', 'X-Forwarded-For'];

export function checkFields(
  fields: readonly Field[],
  wanted: { readonly has?: readonly Field[]; readonly lacks?: readonly string[] },
): void {
  const names = new Set((wanted.has ?? []).map(([name]) => name.toLowerCase()));
  const got = fields
    .filter(([name]) => names.has(name.toLowerCase()))
    .map(([name, value]) => [name.toLowerCase(), value]);
  assert.deepEqual(
    got,
    (wanted.has ?? []).map(([name, value]) => [name.toLowerCase(), value]),
    'fields',
  );
  for (const name of wanted.lacks ?? [])
    assert.deepEqual(valuesOf(fields, name), [], `${name} must not be there`);
}

function markerOf(seen: readonly SeenRequest[]): string {
  for (const request of seen) {
    const match = /idq[0-9a-z]{8}/.exec(
      `${request.target}\n${request.fields.flat().join('\n')}\n${request.body}`,
    );
    if (match) return match[0];
  }
  return '';
}

function describe(seen: readonly SeenRequest[]): string {
  return JSON.stringify(
    seen.map(({ method, target, body, complete, fields }) => ({
      method,
      target,
      body,
      complete,
      fields: fields.map((field) => field.join(': ')),
    })),
  );
}

/** What the origin sees is the same but for the scheme that the gateway reports. */
export function overTls(test: RequestCase): RequestCase {
  const { seen } = test.expect;
  const secure = ([name, value]: Field): Field =>
    name.toLowerCase() === 'x-forwarded-proto' && value === 'http' ? [name, 'https'] : [name, value];
  const expected = seen?.map((one) => (one.has ? { ...one, has: one.has.map(secure) } : one));
  return expected === undefined ? test : { ...test, expect: { ...test.expect, seen: expected } };
}

/** Runs `work` for every item, `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

/** Every place where the bytes can be cut in two. */
export function positions(bytes: string): number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isSampled,
  isTraceparent,
  newIdLines,
  newRequestId,
  parentIdOf,
  requestIdIn,
  traceIdOf,
  traceparentIn,
} from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('a valid traceparent is read', () => {
  const value = `00-${TRACE}-${SPAN}-01`;
  assert.ok(isTraceparent(value));
  assert.equal(traceIdOf(value), TRACE);
  assert.equal(parentIdOf(value), SPAN);
});

test('traceparent values that must start a new trace', () => {
  const invalid: Record<string, string> = {
    empty: '',
    'version ff': `ff-${TRACE}-${SPAN}-01`,
    'upper case version': `0A-${TRACE}-${SPAN}-01`,
    'upper case trace id': `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    'zero trace id': `00-${'0'.repeat(32)}-${SPAN}-01`,
    'zero parent id': `00-${TRACE}-${'0'.repeat(16)}-01`,
    'short trace id': `00-${TRACE.slice(1)}-${SPAN}-01`,
    'long trace id': `00-${TRACE}0-${SPAN}-01`,
    'no flags': `00-${TRACE}-${SPAN}`,
    'one flag digit': `00-${TRACE}-${SPAN}-1`,
    'flags that are no hex': `00-${TRACE}-${SPAN}-0g`,
    'version 00 with more': `00-${TRACE}-${SPAN}-01-more`,
    'version 00 with a dash': `00-${TRACE}-${SPAN}-01-`,
    'later version with more but no dash': `01-${TRACE}-${SPAN}-01more`,
    underscores: `00_${TRACE}_${SPAN}_01`,
    'dash in the trace id': `00-${TRACE.slice(0, 31)}--${SPAN}-01`,
    'leading space': ` 00-${TRACE}-${SPAN}-01`,
    'two values in one field': `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`,
  };
  for (const [name, value] of Object.entries(invalid)) assert.equal(isTraceparent(value), false, name);
});

test('later versions are continued when they begin like version 00', () => {
  assert.ok(isTraceparent(`01-${TRACE}-${SPAN}-01`));
  assert.ok(isTraceparent(`cc-${TRACE}-${SPAN}-01-what.the.future.brings`));
  assert.ok(isTraceparent(`fe-${TRACE}-${SPAN}-00-`));
});

test('the sampled flag is the lowest bit', () => {
  const sampled = (flags: string) => isSampled(`00-${TRACE}-${SPAN}-${flags}`);
  for (const flags of ['01', '03', 'ff', '0b']) assert.equal(sampled(flags), true, flags);
  for (const flags of ['00', '02', 'fe', '0a']) assert.equal(sampled(flags), false, flags);
});

test('request ids are lower-case hex of the right length and never repeat', () => {
  const seen = new Set<string>();
  for (let count = 0; count < 20_000; count++) {
    const id = newRequestId();
    assert.match(id, /^[0-9a-f]{32}$/);
    seen.add(id);
  }
  assert.equal(seen.size, 20_000);
});

test('new ids: lines as they stand in a request, valid, not sampled, never the same', () => {
  const seen = new Set<string>();
  for (let count = 0; count < 20_000; count++) {
    const lines = newIdLines();
    assert.match(lines, /^[0-9a-f]{32}\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\n$/);
    const traceparent = traceparentIn(lines);
    assert.ok(isTraceparent(traceparent));
    assert.ok(!isSampled(traceparent));
    seen.add(requestIdIn(lines)).add(traceIdOf(traceparent)).add(parentIdOf(traceparent));
  }
  assert.equal(seen.size, 60_000);
});

/**
 * Worker side: W3C Trace Context (https://www.w3.org/TR/trace-context/) and the ids that the gateway makes.
 *
 * The ids are cut out of a pool of text in which they stand as in the request that they go into: a cut-out string is not
 * copied, and to put the lines together from seven pieces costs a request 250 ns more. As they come from the system's
 * generator, nobody can guess the next one.
 */
import { randomFillSync } from 'node:crypto';

const ID_LINES = `${'0'.repeat(32)}\r\ntraceparent: 00-${'0'.repeat(32)}-${'0'.repeat(16)}-00\r\n`;
const PARENT_AT = ID_LINES.indexOf('00-');
const TRACE_AT = PARENT_AT + 3;
const SPAN_AT = TRACE_AT + 33;
const ID_BYTES = 16;
const SPAN_BYTES = 8;
const SEED_BYTES = ID_BYTES + ID_BYTES + SPAN_BYTES;
/**
 * A kept id keeps the text of the pool alive, so it is not large: 13 KB, from 5 KB of random bytes. Filling has a fixed
 * price: with 1 KB of them it was 2% of a proxied request.
 */
const COUNT = 128;
const seed = Buffer.allocUnsafeSlow(COUNT * SEED_BYTES);
const text = Buffer.from(ID_LINES.repeat(COUNT), 'latin1');
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
let lines = '';
let nextLines = 0;

/** 32 lower-case hex digits. */
export function newRequestId(): string {
  return requestIdIn(newIdLines());
}

/**
 * Whether a received `traceparent` may be continued. If not (or if the field is repeated), the trace starts anew and
 * `tracestate` must go with it. Versions above 00 are accepted when they begin like 00, as the specification asks; `ff`
 * and all-zero ids are invalid, and so are upper-case digits.
 */
export function isTraceparent(value: string): boolean {
  const length = value.length;
  if (length < 55) return false;
  if (value.charCodeAt(2) !== DASH || value.charCodeAt(35) !== DASH || value.charCodeAt(52) !== DASH)
    return false;
  if (!isHex(value, 0, 2) || !isHex(value, 53, 55)) return false;
  if (value.charCodeAt(0) === LOWER_F && value.charCodeAt(1) === LOWER_F) return false;
  if (length > 55) {
    const isVersion0 = value.charCodeAt(0) === DIGIT_0 && value.charCodeAt(1) === DIGIT_0;
    if (isVersion0 || value.charCodeAt(55) !== DASH) return false;
  }
  return isId(value, 3, 35) && isId(value, 36, 52);
}

/** The trace id of a value that passed `isTraceparent`. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** The id of the caller's span, of a value that passed `isTraceparent`. */
export function parentIdOf(traceparent: string): string {
  return traceparent.slice(36, 52);
}

/** Whether the caller says that it records the trace, of a value that passed `isTraceparent`. */
export function isSampled(traceparent: string): boolean {
  const digit = traceparent.charCodeAt(54);
  return ((digit <= DIGIT_9 ? digit : digit - LOWER_A + 10) & 1) === 1;
}

/**
 * For a request that brings no ids: a new request id as the end of its field line, and the line of a new trace that is not
 * sampled. Version 00, the only one whose meaning is known.
 */
export function newIdLines(): string {
  if (nextLines === lines.length) fillLines();
  const start = nextLines;
  nextLines = start + ID_LINES.length;
  return lines.slice(start, nextLines);
}

/** The request id in what `newIdLines` gave. */
export function requestIdIn(idLines: string): string {
  return idLines.slice(0, 2 * ID_BYTES);
}

/** The `traceparent` in what `newIdLines` gave. */
export function traceparentIn(idLines: string): string {
  return idLines.slice(PARENT_AT, -2);
}

function fillLines(): void {
  randomFillSync(seed);
  for (let from = 0, at = 0; from < seed.length; from += SEED_BYTES, at += ID_LINES.length) {
    const span = from + 2 * ID_BYTES;
    writeId(from, from + ID_BYTES, at);
    writeId(from + ID_BYTES, span, at + TRACE_AT);
    writeId(span, span + SPAN_BYTES, at + SPAN_AT);
  }
  lines = text.toString('latin1');
  nextLines = 0;
}

/** As hex digits, and never as the id that means none: all zero. */
function writeId(from: number, to: number, at: number): void {
  let some = 0;
  for (let i = from; i < to; i++) some |= seed[i]!;
  if (some === 0) seed[from] = 1;
  for (let i = from; i < to; i++) {
    const byte = seed[i]!;
    text[at++] = DIGITS[byte >> 4]!;
    text[at++] = DIGITS[byte & 15]!;
  }
}

const DASH = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LOWER_A = 0x61;
const LOWER_F = 0x66;

function isHex(value: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = value.charCodeAt(at);
    if (!((code >= DIGIT_0 && code <= DIGIT_9) || (code >= LOWER_A && code <= LOWER_F))) return false;
  }
  return true;
}

function isId(value: string, from: number, to: number): boolean {
  if (!isHex(value, from, to)) return false;
  for (let at = from; at < to; at++) if (value.charCodeAt(at) !== DIGIT_0) return true;
  return false;
}

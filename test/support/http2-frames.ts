/** HTTP/2 frames by hand, for peers that do not play by the rules. */
import type { RawClient } from './raw-client.ts';

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A 32-bit number as payload: error code, window increment. */
export function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** HPACK without index and Huffman code. */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const size: number[] = [];
  if (bytes.length < 127) size.push(bytes.length);
  else {
    size.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) size.push((rest & 127) | 128);
    size.push(rest);
  }
  return Buffer.concat([Buffer.from(size), bytes]);
}

/** A complete GET on a stream. */
export function getRequest(
  stream: number,
  path: string,
  more: readonly (readonly [string, string])[] = [],
  flags = END_STREAM | END_HEADERS,
): Buffer {
  const fields = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'a.test'],
    [':path', path],
  ] as const;
  return frame(HEADERS, flags, stream, headerBlock([...fields, ...more]));
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** All whole frames that have arrived. */
export function framesOf(client: RawClient): Frame[] {
  const bytes = Buffer.from(client.received, 'latin1');
  const frames: Frame[] = [];
  let at = 0;
  while (at + 9 <= bytes.length) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    frames.push({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      stream,
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}

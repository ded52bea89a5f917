/** Handshakes, frames and endpoints as chance wants them: from right to nonsense. */
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  END_HEADERS,
  END_STREAM,
  HEADERS,
  frame as h2Frame,
  headerBlock,
  number32,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './http2-frames.ts';
import { type OriginConnection, ScriptedOrigin } from './origin.ts';
import type { Random } from './random.ts';
import { RawClient } from './raw-client.ts';
import { accepted, handshake } from './websocket-wire.ts';
import { onlyValue } from './wire.ts';

const DATA = 0;
const pause = (random: Random, most: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, random.next() * most));

export function bytes(random: Random, most: number): string {
  let text = '';
  for (let left = random.below(most); left > 0; left--) text += String.fromCharCode(random.below(256));
  return text;
}

/** A frame of either side: any opcode and flags, lengths that are true, false, overlong or without end. */
export function anyFrame(random: Random): string {
  const opcode = random.pick([0, 1, 2, 8, 9, 10, 3, 15]);
  const first = (random.chance(0.8) ? 0x80 : 0) | (random.chance(0.1) ? 0x40 : 0) | opcode;
  const masked = random.chance(0.5) ? 0x80 : 0;
  const payload = bytes(random, random.chance(0.1) ? 70_000 : 200);
  const length = random.chance(0.8) ? payload.length : random.below(100_000);
  let size: string;
  if (length < 126 && random.chance(0.9)) size = String.fromCharCode(masked | length);
  else if (random.chance(0.7)) size = String.fromCharCode(masked | 126, (length >> 8) & 255, length & 255);
  else
    size = String.fromCharCode(
      masked | 127,
      random.pick([0, 0, 0, 0x7f, 0x80, 0xff]),
      0,
      0,
      0,
      0,
      (length >> 16) & 255,
      (length >> 8) & 255,
      length & 255,
    );
  return String.fromCharCode(first) + size + (masked ? bytes(random, 5) : '') + payload;
}

/** A handshake, mostly right, with at most a few of its lines changed, taken out, doubled or broken. */
function anyHandshake(random: Random, target: string): string {
  const replaced: Record<string, string> = {};
  const change = (name: string, values: readonly string[]): void => {
    if (random.chance(0.12)) replaced[name] = random.pick(values);
  };
  change('Connection', [
    '',
    'close',
    'Upgrade, Upgrade',
    'keep-alive, Upgrade, Sec-WebSocket-Key',
    'upgrade,,',
  ]);
  change('Upgrade', ['', 'h2c', 'websocket, h2c', 'WEBSOCKET/13', 'websocket']);
  change('Sec-WebSocket-Key', [
    '',
    'short',
    `${'A'.repeat(22)}==`,
    '=='.repeat(12),
    bytes(random, 30).replace(/[\r\n]/g, ''),
  ]);
  change('Sec-WebSocket-Version', ['', '0', '8', '13, 8', '99999999999999999999']);
  change('Sec-WebSocket-Protocol', ['chat', 'a, b', ',', '"x"']);
  change('Sec-WebSocket-Extensions', ['permessage-deflate', 'x; y=1, z', ';']);
  change('Content-Length', ['0', '5', '-1', '99999999999999999999']);
  change('Transfer-Encoding', ['chunked', 'identity', 'chunked, chunked']);
  change('Origin', ['https://a.example', 'null', '']);
  change('Expect', ['100-continue']);
  const method = random.chance(0.93) ? 'GET' : random.pick(['POST', 'HEAD', 'CONNECT', 'OPTIONS', 'get']);
  const version = random.chance(0.95) ? 'HTTP/1.1' : random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2']);
  const text = handshake(replaced, `${method} ${target} ${version}`);
  if (random.chance(0.95)) return text;
  const at = random.below(text.length);
  return text.slice(0, at) + bytes(random, 5) + text.slice(at + random.below(3));
}

async function leave(random: Random, client: RawClient): Promise<void> {
  const how = random.below(4);
  if (how === 0) client.reset();
  else if (how === 1) client.destroy();
  else client.end();
  await pause(random, 10);
  client.destroy();
}

/** One connection over HTTP/1.1: a handshake, sometimes behind or before other bytes, and then frames. */
export async function overHttp1(random: Random, port: number, targets: readonly string[]): Promise<void> {
  const client = await RawClient.connect(port);
  let text = anyHandshake(random, random.pick(targets));
  if (random.chance(0.1)) text = `GET ${random.pick(targets)} HTTP/1.1\r\nHost: a\r\n\r\n${text}`;
  if (random.chance(0.3)) text += anyFrame(random);
  if (random.chance(0.05)) text += anyHandshake(random, random.pick(targets));
  const split = random.chance(0.3) ? random.below(text.length) : text.length;
  client.write(text.slice(0, split));
  if (split < text.length) {
    await pause(random, 5);
    client.write(text.slice(split));
  }
  for (let frames = random.below(6); frames > 0 && client.closedHow === null; frames--) {
    if (random.chance(0.5)) await pause(random, 10);
    client.write(anyFrame(random));
  }
  await leave(random, client);
}

/** One connection over HTTP/2 with a few extended CONNECTs, some wrong, and frames of either protocol. */
export async function overHttp2(random: Random, port: number, targets: readonly string[]): Promise<void> {
  const client = await RawClient.connect(port);
  const write = (...frames: Buffer[]): void => client.write(Buffer.concat(frames));
  client.write(PREFACE);
  write(h2Frame(SETTINGS, 0, 0));
  const streams = 1 + random.below(4);
  for (let index = 0; index < streams && client.closedHow === null; index++) {
    const id = 1 + 2 * index;
    const fields: [string, string][] = [[':method', random.chance(0.95) ? 'CONNECT' : 'GET']];
    if (random.chance(0.95)) fields.push([':protocol', random.chance(0.9) ? 'websocket' : 'connect-udp']);
    if (random.chance(0.97)) fields.push([':scheme', random.chance(0.9) ? 'http' : 'https']);
    if (random.chance(0.97)) fields.push([':path', random.pick(targets)]);
    if (random.chance(0.97)) fields.push([':authority', 'a']);
    if (random.chance(0.9)) fields.push(['sec-websocket-version', random.chance(0.9) ? '13' : '8']);
    if (random.chance(0.1)) fields.push(['sec-websocket-protocol', 'chat']);
    if (random.chance(0.1)) fields.push(['content-length', String(random.below(20))]);
    if (random.chance(0.05)) fields.push(['sec-websocket-key', bytes(random, 20).replace(/[^ -~]/g, '')]);
    if (random.chance(0.03)) fields.push(['upgrade', 'websocket']);
    const flags = END_HEADERS | (random.chance(0.1) ? END_STREAM : 0);
    write(h2Frame(HEADERS, flags, id, headerBlock(fields)));
    for (let frames = random.below(5); frames > 0; frames--) {
      if (random.chance(0.4)) await pause(random, 8);
      const payload = Buffer.from(anyFrame(random).slice(0, 16_000), 'latin1');
      write(h2Frame(DATA, random.chance(0.1) ? END_STREAM : 0, id, payload));
    }
    if (random.chance(0.4)) write(h2Frame(RST_STREAM, 0, id, number32(random.below(14))));
    if (random.chance(0.3)) write(h2Frame(WINDOW_UPDATE, 0, id, number32(random.below(100_000))));
    if (random.chance(0.05)) client.write(bytes(random, 30));
  }
  await pause(random, 20);
  await leave(random, client);
}

/** An endpoint that agrees, refuses or babbles; then frames, and an end. */
export function erraticOrigin(random: Random): ScriptedOrigin {
  const answer = (connection: OriginConnection, key: string): void => {
    if (random.chance(0.75)) {
      const more = random.chance(0.1) ? ['Sec-WebSocket-Protocol: chat'] : [];
      connection.write(accepted(key, ...more) + (random.chance(0.3) ? anyFrame(random) : ''));
      return;
    }
    connection.write(
      random.pick([
        accepted('x'),
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno',
        'HTTP/1.1 200 OK\r\n\r\nuntil the end',
        'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
        `HTTP/1.1 100 Continue\r\n\r\n${accepted(key)}`,
        'HTTP/1.1 101 Switching Protocols\r\n\r\n',
        accepted(key).slice(0, 60),
        bytes(random, 100),
        '',
      ]),
    );
  };
  return new ScriptedOrigin(async (connection) => {
    const head = await connection.head().catch(() => null);
    if (head === null) return connection.destroy();
    await pause(random, 5);
    answer(connection, onlyValue(head.fields, 'sec-websocket-key') ?? '');
    for (let frames = random.below(6); frames > 0 && connection.closedHow === null; frames--) {
      if (random.chance(0.5)) await pause(random, 10);
      connection.write(anyFrame(random));
    }
    if (random.chance(0.3)) connection.reset();
    else connection.end();
    await pause(random, 100);
    connection.destroy();
  });
}

/** The same over HTTP/2. */
export class ErraticHttp2Origin {
  readonly #server = http2.createServer({ settings: { enableConnectProtocol: true } });
  readonly #sessions = new Set<http2.ServerHttp2Session>();

  constructor(random: Random) {
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('error', () => undefined);
      session.on('close', () => this.#sessions.delete(session));
    });
    this.#server.on('stream', async (stream) => {
      stream.on('error', () => undefined).resume();
      await pause(random, 5);
      if (stream.closed) return;
      const status = random.chance(0.8) ? 200 : random.pick([204, 404, 503]);
      stream.respond({ ':status': status }, { endStream: status === 204 });
      for (let frames = random.below(6); frames > 0 && !stream.closed && stream.writable; frames--) {
        stream.write(Buffer.from(anyFrame(random), 'latin1'));
        if (random.chance(0.5)) await pause(random, 10);
      }
      if (stream.closed) return;
      if (random.chance(0.3)) stream.close(random.below(14));
      else stream.end();
      if (random.chance(0.03)) stream.session?.destroy();
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
    this.#server.close();
  }
}

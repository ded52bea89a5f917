/** A service of gRPC whose every frame the test decides, made with node:http2; and how frames are written and read. */
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';

export interface Call {
  readonly stream: http2.ServerHttp2Stream;
  readonly headers: http2.IncomingHttpHeaders;
  /** All of the request. */
  readonly body: Buffer;
}

export type Script = (call: Call) => void;

const OK = { ':status': 200, 'content-type': 'application/grpc' } as const;

export class ScriptedGrpc {
  /** By path. */
  readonly scripts = new Map<string, Script>();
  readonly calls: Call[] = [];
  /** Error codes of streams that the gateway has reset. */
  readonly resets: number[] = [];
  readonly #server = http2.createServer();
  readonly #sessions = new Set<http2.ServerHttp2Session>();

  constructor() {
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('error', () => {});
      session.on('close', () => this.#sessions.delete(session));
    });
    this.#server.on('stream', (stream, headers) => {
      const pieces: Buffer[] = [];
      stream.on('error', () => {});
      stream.on('close', () => {
        if (stream.rstCode) this.resets.push(stream.rstCode);
      });
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        if (stream.aborted) return;
        const call = { stream, headers, body: Buffer.concat(pieces) };
        this.calls.push(call);
        this.scripts.get(String(headers[':path']))?.(call);
      });
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)));
  }

  close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** Begins an answer; `end` on the stream then sends the trailers. */
export function begin(
  { stream }: Call,
  trailers: http2.OutgoingHttpHeaders | null,
  headers: http2.OutgoingHttpHeaders = {},
): void {
  stream.respond({ ...OK, ...headers }, { waitForTrailers: trailers !== null });
  if (trailers !== null) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
}

export function trailersOnly({ stream }: Call, fields: http2.OutgoingHttpHeaders): void {
  stream.respond({ ...OK, ...fields }, { endStream: true });
}

export function frame(text: string | Buffer, flags = 0): Buffer {
  const payload = Buffer.from(text);
  const prefix = Buffer.from([flags, 0, 0, 0, 0]);
  prefix.writeUInt32BE(payload.length, 1);
  return Buffer.concat([prefix, payload]);
}

export interface Frames {
  readonly messages: readonly string[];
  /** Null while there is no frame with trailers. */
  readonly trailers: Readonly<Record<string, string>> | null;
  /** Bytes behind the last complete frame. */
  readonly rest: number;
}

/** @throws Error on a frame behind the trailers */
export function readFrames(bytes: Buffer): Frames {
  const messages: string[] = [];
  let trailers: Record<string, string> | null = null;
  let at = 0;
  while (bytes.length - at >= 5) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    if (trailers !== null) throw new Error('a frame behind the trailers');
    const payload = bytes.toString('latin1', at + 5, end);
    if (bytes[at] === 0x80) trailers = Object.fromEntries(payload.split('\r\n').filter(Boolean).map(fieldOf));
    else messages.push(payload);
    at = end;
  }
  return { messages, trailers, rest: bytes.length - at };
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(': ');
  return [line.slice(0, colon), line.slice(colon + 2)];
}

/** What a client of the text form has got: groups of four, each decoded by itself. */
export function fromText(text: string): Buffer {
  const whole = text.slice(0, text.length - (text.length % 4));
  return Buffer.concat((whole.match(/.{4}/gs) ?? []).map((group) => Buffer.from(group, 'base64')));
}

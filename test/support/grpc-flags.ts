/** A gRPC service that sees and sets the compression flag of each message, which grpc-js keeps to itself. */
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { read, type Wish } from './grpc-peer.ts';

const PREFIX = 5;
const INVALID_ARGUMENT = 3;

/** @param compressed the flag; the message is compressed accordingly */
export function frame(message: Buffer, compressed: boolean): Buffer {
  const body = compressed ? gzipSync(message) : message;
  const prefix = Buffer.alloc(PREFIX);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

/** The messages in whole frames. */
export function messagesOf(bytes: Buffer): { compressed: boolean; message: Buffer }[] {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const compressed = bytes[at] === 1;
    const end = at + PREFIX + bytes.readUInt32BE(at + 1);
    const body = bytes.subarray(at + PREFIX, end);
    found.push({ compressed, message: compressed ? gunzipSync(body) : body });
    at = end;
  }
  return found;
}

/** Answers any method: the sum of the payloads, or what the last request wishes for. */
export class FlagService {
  readonly #server = http2.createServer();

  constructor() {
    this.#server.on('stream', (stream) => {
      const pieces: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => this.#answer(stream, Buffer.concat(pieces)));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  stop(): void {
    this.#server.close();
  }

  #answer(stream: http2.ServerHttp2Stream, body: Buffer): void {
    let sum = 0;
    let last: Wish = {};
    let status = 0;
    for (const { compressed, message } of messagesOf(body)) {
      const { wish, payload } = read(message);
      sum += payload;
      last = wish;
      if (wish.expectCompressed !== undefined && wish.expectCompressed !== compressed)
        status = INVALID_ARGUMENT;
    }
    const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' };
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
    if (status === 0) {
      const answers = last.sizes?.map((size) => Buffer.alloc(size)) ?? [Buffer.from(String(sum))];
      for (const [index, answer] of answers.entries())
        stream.write(frame(answer, last.compressed?.[index] ?? false));
    }
    stream.end();
  }
}

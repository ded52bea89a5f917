/**
 * `node grpc-origin.js PORT`: answers every call of gRPC with the same message. Frames and header lists are written and
 * read by hand, because Node's own server costs more than most of the proxies to be measured and would be the limit.
 *
 * A connection over which no X-Forwarded-For has come gets status 400: the check that a proxy does its work.
 */
import net from 'node:net';
import {
  ACK,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  headerBlock,
  number32,
  PING,
  PREFACE,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../test/support/http2-frames.ts';
import { SMALL_JSON } from '../cases.ts';
import { grpcMessage } from '../grpc-message.ts';

const FRAME_HEAD = 9;
/** Of the 64 KB that a peer may send before it is given more, these are returned at a time. */
const RETURN_AT = 16 * 1024;

/** Whole answers for stream 0; the number is put in for each. No window of a peer is too small for 64 of them. */
const GRANTED = Buffer.concat([
  frame(
    HEADERS,
    END_HEADERS,
    0,
    headerBlock([
      [':status', '200'],
      ['content-type', 'application/grpc'],
    ]),
  ),
  frame(DATA, 0, 0, grpcMessage(SMALL_JSON)),
  frame(HEADERS, END_HEADERS | END_STREAM, 0, headerBlock([['grpc-status', '0']])),
]);
const REFUSED = frame(HEADERS, END_HEADERS | END_STREAM, 0, headerBlock([[':status', '400']]));

/** The name of the field as HPACK has it when it first comes, plain and in Huffman code; later it may be a mere number. */
const FORWARDED = [
  Buffer.from('\x0fx-forwarded-for', 'latin1'),
  Buffer.from('8bf2b4a7b3c0ec90b22d29ec', 'hex'),
];

class Connection {
  readonly #socket: net.Socket;
  /** What has come of a frame that is not complete. */
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;
  #forwarded = false;
  #toReturn = 0;
  #answers: Buffer[] = [];

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.write(frame(SETTINGS, 0, 0));
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', () => socket.destroy());
  }

  #receive(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    if (!this.#begun && all.length >= PREFACE.length) {
      this.#begun = true;
      at = PREFACE.length;
    }
    while (this.#begun && all.length - at >= FRAME_HEAD) {
      const end = at + FRAME_HEAD + all.readUIntBE(at, 3);
      if (end > all.length) break;
      this.#take(all[at + 3]!, all[at + 4]!, all.readUInt32BE(at + 5), all.subarray(at + FRAME_HEAD, end));
      at = end;
    }
    this.#rest = all.subarray(at);
    if (this.#answers.length === 0) return;
    this.#socket.write(this.#answers.length === 1 ? this.#answers[0]! : Buffer.concat(this.#answers));
    this.#answers = [];
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === HEADERS) {
      this.#forwarded ||= FORWARDED.some((name) => payload.includes(name));
    } else if (type === DATA) {
      this.#toReturn += payload.length;
      if (this.#toReturn >= RETURN_AT) {
        this.#answers.push(frame(WINDOW_UPDATE, 0, 0, number32(this.#toReturn)));
        this.#toReturn = 0;
      }
    } else {
      if ((type === SETTINGS || type === PING) && (flags & ACK) === 0)
        this.#answers.push(frame(type, ACK, 0, type === PING ? payload : undefined));
      return;
    }
    if ((flags & END_STREAM) !== 0)
      this.#answers.push(this.#forwarded ? granted(stream) : withStream(REFUSED, stream));
  }
}

const SECOND_FRAME = FRAME_HEAD + GRANTED.readUIntBE(0, 3);
const THIRD_FRAME = SECOND_FRAME + FRAME_HEAD + GRANTED.readUIntBE(SECOND_FRAME, 3);

function granted(stream: number): Buffer {
  const answer = withStream(GRANTED, stream);
  answer.writeUInt32BE(stream, SECOND_FRAME + 5);
  answer.writeUInt32BE(stream, THIRD_FRAME + 5);
  return answer;
}

function withStream(template: Buffer, stream: number): Buffer {
  const answer = Buffer.from(template);
  answer.writeUInt32BE(stream, 5);
  return answer;
}

const server = net.createServer({ noDelay: true }, (socket) => new Connection(socket));
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4_096 });
process.on('SIGTERM', () => process.exit(0));

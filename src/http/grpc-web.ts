/**
 * gRPC-Web, gRPC for clients that see no trailers (doc/PROTOCOL-WEB.md of the gRPC project): the frames are those of
 * gRPC, the trailers are a last frame, and the text form is all of it in base64.
 */
import { HeaderBlock } from './header-block.ts';

const TYPE = /^application\/grpc-web(-text)?(\+[\w.-]+)?[ \t]*(?:;|$)/i;
const ACCEPTED = /(?:^|[,\s])application\/grpc-web(-text)?(?=[+;,\s]|$)/i;
const TRAILERS_FLAG = 0x80;
const PREFIX_LENGTH = 5;

/** How one client speaks gRPC-Web. */
export interface GrpcWebForm {
  readonly textRequest: boolean;
  readonly textResponse: boolean;
  /** The format of the messages with its plus sign, as in `+proto`; `''` when the client names none. */
  readonly format: string;
}

/** @returns null for requests that are none of gRPC-Web */
export function grpcWebForm(headers: HeaderBlock): GrpcWebForm | null {
  const match = TYPE.exec(headers.get('content-type') ?? '');
  if (match === null) return null;
  const textRequest = match[1] !== undefined;
  const accepted = ACCEPTED.exec(headers.get('accept') ?? '');
  const textResponse = accepted === null ? textRequest : accepted[1] !== undefined;
  return { textRequest, textResponse, format: match[2] ?? '' };
}

/** Content-Type of a response. @param format that of the service's own type, `''` if it names none */
export function grpcWebType({ textResponse, format }: GrpcWebForm, own = ''): string {
  return `application/grpc-web${textResponse ? '-text' : ''}${own || format}`;
}

/** The last frame of a response. @param lines field lines, each with its CRLF */
export function trailersFrame(lines: string): Buffer {
  let text = '';
  for (const [name, value] of new HeaderBlock().load(lines).entries())
    text += `${name.toLowerCase()}: ${value}\r\n`;
  const frame = Buffer.allocUnsafe(PREFIX_LENGTH + text.length);
  frame[0] = TRAILERS_FLAG;
  frame.writeUInt32BE(text.length, 1);
  frame.write(text, PREFIX_LENGTH, 'latin1');
  return frame;
}

/** Tells where in a stream of gRPC frames a message is complete, and how many there were. */
export class MessageBorders {
  /** Those that have begun. */
  messages = 0;
  /** Bytes read of a prefix: one of flags, four of length. */
  #prefix = 0;
  #length = 0;
  #left = 0;

  read(input: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, end - at);
        this.#left -= step;
        at += step;
        continue;
      }
      const byte = input[at++]!;
      if (this.#prefix > 0) this.#length = this.#length * 256 + byte;
      if (++this.#prefix < PREFIX_LENGTH) continue;
      this.messages++;
      this.#left = this.#length;
      this.#prefix = 0;
      this.#length = 0;
    }
  }

  /** How many messages have ended. */
  get complete(): number {
    return this.#left > 0 ? this.messages - 1 : this.messages;
  }

  get between(): boolean {
    return this.#prefix === 0 && this.#left === 0;
  }
}

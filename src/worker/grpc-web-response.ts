import type { Downstream } from '../engine/downstream.ts';
import { Base64Encoder } from '../http/base64-stream.ts';
import { isAllowedTrailer } from '../http/forwarding.ts';
import { BODY_NONE } from '../http/framing.ts';
import { isGrpc, statusLines } from '../http/grpc.ts';
import { NO_STATUS, statusInLines, UNKNOWN } from '../http/grpc-status.ts';
import { type GrpcWebForm, grpcWebType, MessageBorders, trailersFrame } from '../http/grpc-web.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { HeaderView } from '../plugins/api.ts';
import type { BodyOutput } from './event-stream.ts';

/** Fields that say how a call ended. */
const STATUS_FIELDS: ReadonlySet<string> = new Set([
  'grpc-status',
  'grpc-message',
  'grpc-status-details-bin',
]);
/** What else services and the proxies before them say to HTTP clients. */
const OF_HTTP: ReadonlySet<string> = new Set(['server', 'via', 'alt-svc', 'strict-transport-security']);

/**
 * A response of gRPC on its way to a client that speaks gRPC-Web. Frames pass as they come, and the trailers become the
 * last of them. That also holds for responses that consist of trailers only: in a head, browsers would show them to no
 * script of another origin unless CORS exposed every single one.
 */
export class GrpcWebResponse implements BodyOutput {
  readonly #downstream: Downstream;
  readonly #encoder: Base64Encoder | null;
  readonly #borders = new MessageBorders();
  /** Trailers that came in the head. */
  readonly #early: string;

  /**
   * @param headers of the response; become those for the client
   * @param sent see `sentAlone`: the fields among which metadata is
   */
  constructor(
    downstream: Downstream,
    form: GrpcWebForm,
    headers: HeaderView,
    sent: ReadonlySet<string> | null,
  ) {
    this.#downstream = downstream;
    this.#encoder = form.textResponse ? new Base64Encoder() : null;
    this.#early = takeTrailers(headers, sent);
    const own = /\+[\w.-]+/.exec(headers.get('content-type') ?? '');
    headers.set('content-type', grpcWebType(form, own?.[0]));
    headers.delete('content-length');
    headers.delete('trailer');
  }

  sendBody(input: Buffer, start: number, end: number): boolean {
    const complete = this.#borders.complete;
    this.#borders.read(input, start, end);
    if (this.#encoder === null) return this.#downstream.sendBody(input, start, end);
    // Where a message is complete, the last bytes of it must not wait for more.
    const text = this.#encoder.encode(input, start, end, this.#borders.complete > complete);
    return this.#downstream.sendBody(text, 0, text.length);
  }

  endBody(trailers: string): void {
    const lines = this.#early === '' ? trailers : this.#early;
    const stated = statusInLines(lines) !== NO_STATUS;
    this.#end(stated ? lines : lines + statusLines(UNKNOWN, 'The service has sent no status'));
  }

  /** @returns false in the middle of a message, where a status would be read as a part of it */
  endWithStatus(status: number, message: string): boolean {
    if (!this.#borders.between) return false;
    this.#end(statusLines(status, message));
    return true;
  }

  #end(lines: string): void {
    const frame = trailersFrame(lines);
    const bytes = this.#encoder === null ? frame : this.#encoder.encode(frame, 0, frame.length, true);
    this.#downstream.sendBody(bytes, 0, bytes.length);
    this.#downstream.endBody('');
  }

  flush(): void {
    this.#downstream.flush();
  }
}

/** Whether a response is one of gRPC; others, such as an error page of a proxy, have no frames. */
export function isGrpcResponse(status: number, headers: HeaderView): boolean {
  return status === 200 && isGrpc(headers);
}

/** Names of the fields of a response that has no body, in lower case; null when it has one. */
export function sentAlone({ bodyKind, headers }: ResponseHead): ReadonlySet<string> | null {
  if (bodyKind !== BODY_NONE) return null;
  return new Set(Array.from(headers.entries(), ([name]) => name.toLowerCase()));
}

/** A whole response without messages. */
export function statusBody(form: GrpcWebForm, status: number, message: string): Buffer {
  const frame = trailersFrame(statusLines(status, message));
  return form.textResponse ? new Base64Encoder().encode(frame, 0, frame.length, true) : frame;
}

/**
 * Takes the trailers out of a head: the status, and the metadata of a response that is nothing but its head.
 *
 * @param sent names of fields that the service has sent; null: no metadata
 */
function takeTrailers(headers: HeaderView, sent: ReadonlySet<string> | null): string {
  if (!headers.has('grpc-status')) return '';
  let lines = '';
  const taken = new Set<string>();
  for (const [name, value] of headers.entries()) {
    const lower = name.toLowerCase();
    if (!STATUS_FIELDS.has(lower) && !(sent?.has(lower) && isMetadata(lower))) continue;
    lines += `${lower}: ${value}\r\n`;
    taken.add(lower);
  }
  for (const name of taken) headers.delete(name);
  return lines;
}

function isMetadata(lowerName: string): boolean {
  return (
    isAllowedTrailer(lowerName) && !OF_HTTP.has(lowerName) && !/^(?:access-control|grpc)-/.test(lowerName)
  );
}

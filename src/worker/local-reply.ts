import { isFieldValue, isToken } from '../http/characters.ts';
import { ERRORS, type ErrorCode } from '../http/errors.ts';
import { grpcStatus, trailersOnly } from '../http/grpc.ts';
import { type GrpcWebForm, grpcWebType } from '../http/grpc-web.ts';
import { problemBody } from '../http/problem.ts';
import { statusText } from '../http/status-text.ts';
import type { PluginReply } from '../plugins/api.ts';
import type { RespondAction } from '../routing/model.ts';
import { statusBody } from './grpc-web-response.ts';

/** Seconds a client is asked to wait after a 503. */
const RETRY_AFTER_SECONDS = 1;

/** Framing is the engine's business, whatever a plugin or a route says. */
const FRAMING_FIELDS = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
]);

/** A response made by the gateway: status, field lines without framing, body. */
export class LocalReply {
  readonly status: number;
  readonly lines: string;
  /** Null when there is none. */
  readonly body: Buffer | null;
  /** What happened, in a few words, for protocols that have no problem documents; `''`: the status says it. */
  readonly message: string;

  constructor(status: number, lines: string, body: Buffer | null, message = '') {
    this.status = status;
    this.lines = lines;
    this.body = body;
    this.message = message;
  }

  /** The same for a client that speaks gRPC: the status in trailers, without a body. */
  asGrpc(): LocalReply {
    return new LocalReply(200, trailersOnly(this.status, this.#told, this.#untyped), null);
  }

  /** The same for a client that speaks gRPC-Web: the status in a frame. */
  asGrpcWeb(form: GrpcWebForm): LocalReply {
    const lines = `${this.#untyped}Content-Type: ${grpcWebType(form)}\r\n`;
    return new LocalReply(200, lines, statusBody(form, grpcStatus(this.status), this.#told));
  }

  get #told(): string {
    return this.message || statusText(this.status);
  }

  get #untyped(): string {
    return this.lines.replace(/^content-type:[^\n]*\n/gim, '');
  }

  /** Problem document of an error. @param detail told to the client */
  static error(code: ErrorCode, requestId: string, detail: string, extraLines = ''): LocalReply {
    const status = ERRORS[code].status;
    let lines = `Content-Type: application/problem+json\r\nX-Request-Id: ${requestId}\r\n${extraLines}`;
    if (status === 503) lines += `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`;
    const { title } = ERRORS[code];
    const message = detail === '' ? title : `${title}: ${detail}`;
    return new LocalReply(status, lines, Buffer.from(problemBody(code, requestId, detail)), message);
  }

  static respond(action: RespondAction): LocalReply {
    let lines = '';
    let typed = false;
    for (const [name, value] of action.headers) {
      typed ||= name.toLowerCase() === 'content-type';
      lines += fieldLine(name, value);
    }
    if (action.body === '') return new LocalReply(action.status, lines, null);
    if (!typed) lines += 'Content-Type: text/plain; charset=utf-8\r\n';
    return new LocalReply(action.status, lines, Buffer.from(action.body));
  }

  static redirect(status: number, location: string): LocalReply {
    return new LocalReply(status, fieldLine('Location', location), null);
  }

  /** @throws TypeError when the reply cannot be put on the wire (rule B11) */
  static fromPlugin(reply: PluginReply): LocalReply {
    if (!Number.isInteger(reply.status) || reply.status < 200 || reply.status > 599) {
      throw new TypeError(`illegal status ${reply.status} in a plugin's reply`);
    }
    let lines = '';
    for (const [name, value] of Object.entries(reply.headers ?? {})) {
      if (FRAMING_FIELDS.has(name.toLowerCase())) continue;
      for (const one of typeof value === 'string' ? [value] : value) lines += fieldLine(name, one);
    }
    const body = reply.body ?? null;
    if (body === null) return new LocalReply(reply.status, lines, null);
    const bytes =
      typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.length);
    return new LocalReply(reply.status, lines, bytes);
  }
}

function fieldLine(name: string, value: string): string {
  if (!isToken(name) || !isFieldValue(value))
    throw new TypeError(`illegal header field ${JSON.stringify(name)}`);
  return `${name}: ${value}\r\n`;
}

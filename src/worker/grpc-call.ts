/** What the gateway knows of a call of gRPC on its way. */
import { isGrpc } from '../http/grpc.ts';
import {
  DEADLINE_EXCEEDED,
  isServerFault,
  NO_STATUS,
  statusIn,
  statusInLines,
  statusOfHttp,
  UNKNOWN,
} from '../http/grpc-status.ts';
import { MessageBorders } from '../http/grpc-web.ts';
import type { HeaderBlock } from '../http/header-block.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { GrpcMethodMetrics, GrpcMetrics } from '../telemetry/grpc-metrics.ts';

const PREVIOUS_ATTEMPTS = 'grpc-previous-rpc-attempts';
/**
 * PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, UNAVAILABLE and UNAUTHENTICATED: given by what stands before the
 * methods too, so that they say nothing about whether there is such a method.
 */
const BEFORE_METHODS = (1 << 7) | (1 << 8) | (1 << 12) | (1 << 14) | (1 << 16);
/** Milliseconds. Services that take longer than a shorter deadline need not be ill. */
const FAIR_DEADLINE = 1_000;

export class GrpcCall {
  /** How the call ends for the client; NO_STATUS as long as that is open. */
  status = NO_STATUS;
  readonly #metrics: GrpcMetrics;
  readonly #path: string;
  readonly #pattern: string;
  /** Null as long as the method may be an invention of the client. */
  #method: GrpcMethodMetrics | null;
  readonly #received = new MessageBorders();
  readonly #sent = new MessageBorders();
  /** How many of the messages have been counted. */
  #countedReceived = 0;
  #countedSent = 0;
  /** The service speaks gRPC, and has said how the call ends. */
  #speaksGrpc = false;
  #stated = false;
  #sized = false;
  /** Tries that the client has made before. */
  readonly #attemptsBefore: number;
  readonly #deadline: number;

  /**
   * @param pattern of its route, `''` if it has none
   * @param deadline milliseconds that the client gives the call, 0 when it does not say
   */
  constructor(
    { headers, path }: Pick<RequestHead, 'headers' | 'path'>,
    pattern: string,
    deadline: number,
    metrics: GrpcMetrics,
  ) {
    this.#metrics = metrics;
    this.#path = path;
    this.#pattern = pattern;
    this.#method = metrics.known(path, pattern);
    const attempts = headers.get(PREVIOUS_ATTEMPTS) ?? '';
    this.#attemptsBefore = /^\d{1,6}$/.test(attempts) ? Number(attempts) : 0;
    this.#deadline = deadline;
  }

  /** A head with a status is all of a response (Trailers-Only), and so is one that is no response of gRPC. */
  readHead({ status, headers, contentLength }: ResponseHead): void {
    this.#sized = contentLength >= 0;
    this.#speaksGrpc = status === 200 && isGrpc(headers);
    this.status = status === 200 ? statusIn(headers) : statusOfHttp(status);
    this.#stated = this.#speaksGrpc && this.status !== NO_STATUS;
  }

  readTrailers(lines: string): void {
    // A head with a status has no trailers to come.
    if (this.status !== NO_STATUS) return;
    const status = statusInLines(lines);
    this.#stated = this.#speaksGrpc && status !== NO_STATUS;
    this.status = status === NO_STATUS ? UNKNOWN : status;
  }

  readRequest(input: Buffer): void {
    this.#received.read(input, 0, input.length);
    if (this.#method !== null && this.#received.messages > this.#countedReceived) this.#count(this.#method);
  }

  readResponse(input: Buffer, start: number, end: number): void {
    if (!this.#speaksGrpc) return;
    this.#sent.read(input, start, end);
    if (this.#sent.messages === this.#countedSent) return;
    // A method that does not exist has no messages.
    this.#method ??= this.#metrics.learn(this.#path);
    if (this.#method !== null) this.#count(this.#method);
  }

  /** Streams go on for long, so their messages count as they pass. */
  #count({ received, sent }: GrpcMethodMetrics): void {
    received.add(this.#received.messages - this.#countedReceived);
    sent.add(this.#sent.messages - this.#countedSent);
    this.#countedReceived = this.#received.messages;
    this.#countedSent = this.#sent.messages;
  }

  /**
   * Counts the call, once it is over.
   *
   * @param status that the client got
   * @param upstream `''` if it went to none
   */
  record(status: number, upstream: string, durationMs: number): void {
    const answered = this.#stated && status === this.status && ((BEFORE_METHODS >> status) & 1) === 0;
    if (answered) this.#method ??= this.#metrics.learn(this.#path);
    const method = this.#method ?? this.#metrics.unknown(this.#path, this.#pattern);
    this.#count(method);
    method.record(status, upstream, durationMs);
  }

  get failed(): boolean {
    return isServerFault(this.status);
  }

  /** The client gives the call so little time that its end by that says nothing about the service. */
  get hurried(): boolean {
    return this.#deadline !== 0 && this.#deadline < FAIR_DEADLINE;
  }

  /** Its head has come, and trailers with a status may follow. */
  get takesTrailers(): boolean {
    return this.#speaksGrpc && !this.#sized && !this.#stated;
  }

  /** Neither success nor failure of the service. */
  get undecided(): boolean {
    return this.status === DEADLINE_EXCEEDED && this.hurried;
  }

  /** Fields that are different at each try. */
  prepareTry(fields: HeaderBlock, retries: number): void {
    this.status = NO_STATUS;
    if (retries > 0) fields.set(PREVIOUS_ATTEMPTS, String(this.#attemptsBefore + retries));
  }
}

/** The service asks not to be tried again, or not now (gRPC proposal A6): its client can wait better than a gateway. */
export function forbidsRetry(fields: HeaderBlock): boolean {
  const pushback = fields.get('grpc-retry-pushback-ms');
  return pushback !== undefined && pushback !== '0';
}

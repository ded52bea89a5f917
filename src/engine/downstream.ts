import type { ErrorCode } from '../http/errors.ts';
import type { ByteStream } from '../shared/byte-stream.ts';

/** The response has no body, or its length stands in the field lines. */
export const FRAMING_AS_IS = 0;
/** The engine states the length it is told. */
export const FRAMING_LENGTH = 1;
/** Length unknown: chunked for HTTP/1.1, until close for HTTP/1.0. */
export const FRAMING_STREAM = 2;

/** The client's side of an exchange, as the engine offers it to the pipeline. One implementation per protocol. */
export interface Downstream {
  /** True while the response can still be answered differently: nothing of its head has been given to the engine. */
  readonly headSent: boolean;
  /** True when the whole request body has been delivered or there is none. */
  readonly requestDone: boolean;

  /** Starts to deliver the request body. Answers `Expect: 100-continue` now, after the checks that can refuse (A16). */
  startBody(sink: RequestBodySink): void;
  pauseBody(): void;
  resumeBody(): void;

  /** 102 or 103; dropped for clients that cannot take it (rule C7). `lines` end with CRLF. */
  sendInformational(status: number, lines: string): void;
  /** @param lines end-to-end field lines, each with CRLF, without framing fields unless FRAMING_AS_IS */
  sendHead(status: number, reason: string, lines: string, framing: number, length: number): void;
  /**
   * Sends `input[start, end)`, copied if it cannot go at once.
   *
   * @returns false when the client is slow: wait for `onDrain` before sending more
   */
  sendBody(input: Buffer, start: number, end: number): boolean;
  /** Ends the response. `trailers` are field lines with CRLF, dropped where they cannot be sent. */
  endBody(trailers: string): void;
  /**
   * Answers 101 and makes the client's side a tunnel (rule C11); the exchange ends when that closes. Not there on an engine
   * that cannot.
   *
   * @param lines end-to-end field lines, each with CRLF
   */
  switchProtocols?(lines: string): ByteStream;
  /** Nothing may be sent for long: find out by other means whether the client is still there. */
  expectSilence?(): void;
  /** Gives what has been sent so far to the kernel. Call at the end of an event that sent something and did not end. */
  flush(): void;
  /** Ends the connection so that the client sees that the response is incomplete (rule C2). */
  abort(): void;
}

/** Receives a request body and the fate of the client's side. */
export interface RequestBodySink {
  /** `chunk` is valid until this returns. */
  onRequestData(chunk: Buffer): void;
  /** @param trailers raw trailer section, `''` if none */
  onRequestEnd(trailers: string): void;
  /** The body is malformed, too large, too slow or cut short (rule C3). */
  onRequestFailed(code: ErrorCode): void;
}

/** What the engine tells the pipeline about an exchange in progress. */
export interface DownstreamEvents {
  /** The client reads again after `sendBody` returned false. */
  onDrain(): void;
  /** The client went away; nothing can be sent any more. */
  onClientGone(): void;
  /** The gateway shuts down: what would go on for long ends in good order before `until` (`performance.now()`). */
  onShutdown(until: number): void;
}

import type { ResponseHead } from '../../http/response-head.ts';
import type { ByteStream } from '../../shared/byte-stream.ts';

/** The connection could not be made: nothing of the request was sent. */
export const FAILURE_CONNECT = 1;
/** A kept-alive connection turned out to be closed before anything came back (rule C14). */
export const FAILURE_STALE = 2;
/** The endpoint closed the connection before its response head was complete. */
export const FAILURE_RESET = 3;
/** The response violates HTTP (rules C8, C9). */
export const FAILURE_MALFORMED = 4;
/** The endpoint closed the connection in the middle of the response body (rule C2). */
export const FAILURE_TRUNCATED = 5;

/** The endpoint has said that it did not process the request: safe to repeat, whatever its method (rule C13). */
export const FAILURE_REFUSED = 6;

/** The endpoint takes no upgrade, and said so before it was asked: nobody's fault. */
export const FAILURE_UNSUPPORTED = 7;

/** What a call may do with the connection it was given. */
export interface UpstreamConnection {
  /** False while the connection is still being made; what is sent meanwhile is kept for it. */
  readonly connected: boolean;
  /**
   * Sends a request head.
   *
   * @param bodyFollows false: the request is complete
   * @param chunked the body is sent in chunks
   * @param toHead the method is HEAD
   * @param upgrade the request asks for another protocol, so that a 101 is an answer to it (rule C11)
   */
  sendHead(text: string, bodyFollows: boolean, chunked: boolean, toHead: boolean, upgrade: boolean): void;
  /** No body has come along with the head: it goes without. Before this it may wait for the first piece. */
  flushHead(): void;
  /**
   * @param chunk copied if it cannot be sent at once
   * @returns false when the endpoint is slow: wait for `onUpstreamDrain`
   */
  write(chunk: Uint8Array): boolean;
  /** @param trailers field lines with CRLF */
  endRequest(trailers: string): void;
  pause(): void;
  resume(): void;
  /**
   * The call gives up: whatever is in flight is lost, so the connection cannot serve another one (rule C3), unless it is
   * a shared one that can read the response and throw it away.
   *
   * @param late the endpoint has missed a deadline, or its response has no end: the connection is not waited for
   */
  abandon(late: boolean): void;
}

/** One try of one exchange at one endpoint: what a transport reports to it. */
export interface UpstreamCall {
  /** A connection has become free after `request` had to queue. */
  onConnection(connection: UpstreamConnection): void;
  /** The TCP connection is established; not called for one that was reused. */
  onConnected(): void;
  onInformational(status: number, lines: string): void;
  /** `head` is valid until the next response of that connection. */
  onResponseHead(head: ResponseHead): void;
  /**
   * A 101 to a request that asked for it: the connection is a tunnel from now on, the call's own, and no longer one of the
   * pool's. `head` is valid until this returns.
   */
  onSwitched(head: ResponseHead, stream: ByteStream): void;
  /** A piece of the body: `input[start, end)`, valid until this returns. */
  onResponseData(input: Buffer, start: number, end: number): void;
  /** The response is complete; the connection no longer belongs to the call. */
  onResponseEnd(trailers: string): void;
  /** End of one read: time to flush what was passed on. */
  onReadEnd(): void;
  /** The endpoint reads again after `write` returned false. */
  onUpstreamDrain(): void;
  /**
   * The try is over; the connection no longer belongs to the call.
   *
   * @param resetCode of HTTP/2, with which the endpoint ended the stream alone
   */
  onFailure(failure: number, detail: string, resetCode?: number): void;
}

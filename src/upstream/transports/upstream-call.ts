import type { ResponseHead } from '../../http/response-head.ts';
import type { H1Connection } from './h1/connection.ts';

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

/** One try of one exchange at one endpoint: what a transport reports to it. */
export interface UpstreamCall {
  /** A connection has become free after `request` had to queue. */
  onConnection(connection: H1Connection): void;
  /** The TCP connection is established; not called for one that was reused. */
  onConnected(): void;
  onInformational(status: number, lines: string): void;
  /** `head` is valid until the next response of that connection. */
  onResponseHead(head: ResponseHead): void;
  /** `chunk` is valid until this returns. */
  onResponseData(chunk: Buffer): void;
  /** The response is complete; the connection no longer belongs to the call. */
  onResponseEnd(trailers: string): void;
  /** End of one read: time to flush what was passed on. */
  onReadEnd(): void;
  /** The endpoint reads again after `write` returned false. */
  onUpstreamDrain(): void;
  /** The try is over; the connection no longer belongs to the call. */
  onFailure(failure: number, detail: string): void;
}

import type { Field } from '../../support/wire.ts';

/**
 * One hostile or unusual client message. In `bytes`, target and body, `@CASE-MARK@` stands for the marker of the run, which has the same length; each
 * message that might reach an origin must carry it, smuggled ones too.
 */
export interface RequestCase {
  /** Unique, begins with the rule: `A9-cl-te`. */
  readonly id: string;
  readonly title: string;
  /** latin1, sent as it is. */
  readonly bytes: string;
  readonly expect: RequestOutcome;
  /** Named advisories of which this is the regression test. */
  readonly advisories?: readonly string[];
}

export interface RequestOutcome {
  /** Final responses in order, each one status or any of several. */
  readonly statuses: readonly (number | readonly number[])[];
  /** Error code in the problem document of the last response. */
  readonly code?: string | readonly string[];
  /**
   * True: the gateway closes after the last response. False: the next request on the connection is answered. Both say
   * so in the response.
   */
  readonly closes: boolean | 'either';
  /** The complete requests that the origin got, in order; none when left out. */
  readonly seen?: readonly SeenOutcome[];
}

/** What is checked of a request that reached the origin; what is left out is not checked. */
export interface SeenOutcome {
  readonly method?: string;
  /** As sent by the gateway; several when more than one spelling is right. */
  readonly target?: string | readonly string[];
  readonly body?: string;
  /** Fields that must be there with exactly that value, in that order. */
  readonly has?: readonly Field[];
  /** Names that must not be there. */
  readonly lacks?: readonly string[];
}

/** One hostile or unusual upstream response, sent as the answer to `GET` unless `method` says otherwise. */
export interface ResponseCase {
  readonly id: string;
  readonly title: string;
  readonly method?: string;
  /** Extra request fields, for example `TE: trailers`. */
  readonly request?: readonly Field[];
  readonly version?: '1.0' | '1.1';
  /** latin1, sent by the origin as it is. */
  readonly bytes: string;
  /** What the origin does with the connection after the bytes. */
  readonly after: 'keep' | 'close' | 'reset';
  /**
   * The origin closes only when the client has the body so far. Where nothing but an RST tells an end from a
   * truncation, it must not come together with data: libuv takes a hang-up after a short read for an end.
   */
  readonly afterClientHas?: boolean;
  /** The outcome is only certain when all bytes come at once. */
  readonly wholeOnly?: boolean;
  readonly expect: ResponseOutcome;
}

export interface ResponseOutcome {
  readonly status: number | readonly number[];
  readonly code?: string;
  /** Not checked of a 502. */
  readonly body?: string;
  /** Statuses of the interim responses before it; not checked when left out. */
  readonly interim?: readonly number[];
  /** The body is cut short visibly: connection destroyed before its end. */
  readonly truncated?: boolean;
  readonly has?: readonly Field[];
  readonly lacks?: readonly string[];
  readonly trailers?: readonly Field[];
  /** False: the upstream connection must not carry another request. */
  readonly reusable: boolean;
}

/** The message reaches the origin as one request and the connection stays open. */
export function accepted(seen: SeenOutcome = {}): RequestOutcome {
  return { statuses: [200], closes: false, seen: [seen] };
}

/** The gateway refuses and closes; the origin gets no complete request. */
export function refused(
  status: number | readonly number[],
  code?: string | readonly string[],
): RequestOutcome {
  return { statuses: [status], closes: true, ...(code === undefined ? {} : { code }) };
}

/** A request that an attacker hides behind or inside another one. */
export const SMUGGLED = 'GET /smuggled/@CASE-MARK@ HTTP/1.1\r\nHost: a\r\n\r\n';

/** A GET for this run with more field lines. */
export function get(...fields: readonly string[]): string {
  return ['GET /@CASE-MARK@ HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');
}

/** A POST for this run: field lines and the bytes of its body. */
export function post(fields: readonly string[], body: string): string {
  return `${['POST /@CASE-MARK@ HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n')}${body}`;
}

/** A chunked POST. */
export function chunked(body: string): string {
  return post(['Transfer-Encoding: chunked'], body);
}

/** A request with this request line and nothing but a Host. */
export function line(requestLine: string, host = 'a'): string {
  return `${requestLine}\r\nHost: ${host}\r\n\r\n`;
}

export function request(
  id: string,
  title: string,
  bytes: string,
  expect: RequestOutcome,
  advisories?: readonly string[],
): RequestCase {
  return { id, title, bytes, expect, ...(advisories ? { advisories } : {}) };
}

export function response(
  id: string,
  title: string,
  bytes: string,
  after: ResponseCase['after'],
  expect: ResponseOutcome,
  more: Pick<ResponseCase, 'method' | 'request' | 'version' | 'wholeOnly' | 'afterClientHas'> = {},
): ResponseCase {
  return { id, title, bytes, after, expect, ...more };
}

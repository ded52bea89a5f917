import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from 'node:http2';
import { DROP_RESPONSE } from '../../../http/forwarding.ts';
import { BODY_NONE } from '../../../http/framing.ts';
import { addLines, linesOf } from '../../../http/header-lines.ts';
import { Http2ByteStream } from '../../../http/http2-byte-stream.ts';
import { closeStream, dropForgotten, isClosing } from '../../../http/http2-close.ts';
import { ResponseHead } from '../../../http/response-head.ts';
import { statusText } from '../../../http/status-text.ts';
import { acceptFor, UPGRADE_LINES } from '../../../http/websocket-handshake.ts';
import { retain } from '../../../shared/read-buffer.ts';
import {
  FAILURE_CONNECT,
  FAILURE_MALFORMED,
  FAILURE_REFUSED,
  FAILURE_RESET,
  FAILURE_STALE,
  FAILURE_TRUNCATED,
  FAILURE_UNSUPPORTED,
  type UpstreamCall,
  type UpstreamConnection,
} from '../upstream-call.ts';
import { connectHeaders, keyOf, requestHeaders } from './request-head.ts';

/** Interim responses one request may get before the final one. */
const MAX_INFORMATIONAL = 32;
/** Looks at a stream that was told to close and has not, before the connection has to prove that it lives. */
const PATIENT_CHECKS = 5;

/** The connection that a call shares with others, as far as the call is concerned. */
export interface StreamSession {
  readonly scheme: 'http' | 'https';
  readonly connected: boolean;
  readonly everConnected: boolean;
  proven: boolean;
  /** Why the connection is gone; `''` while it is not. */
  readonly lost: string;
  /** By the GOAWAY that ended it at once, the last stream that the endpoint may have begun with; -1: there was none. */
  readonly lastBegun: number;
  readonly takesConnect: boolean;
  /** Response heads that nobody uses: streams take theirs from here and give it back. */
  readonly spareHeads: ResponseHead[];
  /** Calls `go` once the settings of the endpoint are known, or the connection is gone. */
  whenSettled(go: () => void): void;
  /** @returns null when it takes none any more */
  open(headers: OutgoingHttpHeaders, bodyFollows: boolean): ClientHttp2Stream | null;
  release(stream: H2Stream): void;
  suspect(): void;
}

/** One call on a shared HTTP/2 connection. */
export class H2Stream implements UpstreamConnection {
  readonly #session: StreamSession;
  /** The session had answered before this call came: its loss then is nobody's fault (rule C14). */
  readonly #reused: boolean;
  #call: UpstreamCall | null;
  #stream: ClientHttp2Stream | null = null;
  readonly #head: ResponseHead;
  #toHead = false;
  #requestDone = false;
  /** Is about to be reset: nothing may be sent that would look like the end of the request (rule C3). */
  #cancelled = false;
  #requestTrailers = '';
  /** The head of the response has come. */
  #answered = false;
  /** And was passed on. */
  #inBody = false;
  /** What has come of the body before that. */
  #early: Buffer[] | null = null;
  /** END_STREAM has come, read or not. */
  #whole = false;
  /** The caller has got the whole response. */
  #finished = false;
  #informational = 0;
  #trailers = '';
  /** Key of the WebSocket handshake that the request is, else `''`. */
  #key = '';
  #tunnel: Http2ByteStream | null = null;
  #closingChecks = 0;

  constructor(session: StreamSession, call: UpstreamCall) {
    this.#session = session;
    this.#reused = session.proven;
    this.#head = session.spareHeads.pop() ?? new ResponseHead();
    this.#call = call;
  }

  get connected(): boolean {
    return this.#session.connected;
  }

  // --- request -----------------------------------------------------------------------------------------------------

  sendHead(text: string, bodyFollows: boolean, _chunked: boolean, toHead: boolean, upgrade: boolean): void {
    this.#toHead = toHead;
    this.#requestDone = !bodyFollows;
    if (upgrade) this.#session.whenSettled(() => this.#connect(text));
    else this.#open(requestHeaders(text, this.#session.scheme), bodyFollows);
  }

  /** Frames of one turn leave together anyway. */
  flushHead(): void {}

  /** The handshake of a WebSocket, if the endpoint takes any over HTTP/2. */
  #connect(text: string): void {
    if (this.#call === null) return;
    if (this.#session.connected && !this.#session.takesConnect) {
      this.#failLater(FAILURE_UNSUPPORTED, 'takes no WebSocket over HTTP/2 (RFC 8441)');
      return;
    }
    this.#key = keyOf(text);
    this.#requestDone = false;
    this.#open(connectHeaders(text, this.#session.scheme), true);
  }

  #open(headers: OutgoingHttpHeaders, bodyFollows: boolean): void {
    let stream: ClientHttp2Stream | null;
    try {
      stream = this.#session.open(headers, bodyFollows);
    } catch (error) {
      this.#failLater(FAILURE_MALFORMED, (error as NodeJS.ErrnoException).code ?? String(error));
      return;
    }
    if (stream === null) {
      const failure = this.#session.everConnected ? FAILURE_REFUSED : FAILURE_CONNECT;
      this.#failLater(failure, this.#session.lost || 'the connection takes no more requests');
      return;
    }
    this.#stream = stream;
    if (bodyFollows) stream.once('wantTrailers', () => this.#sendTrailers());
    stream.on('headers', (_headers: unknown, _flags: unknown, raw: unknown) =>
      this.#onInformational(raw as readonly string[]),
    );
    stream.on('response', (_headers: unknown, flags: number, raw: unknown) =>
      this.#onResponse(raw as readonly string[], (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0),
    );
    stream.on('trailers', (_headers: unknown, _flags: unknown, raw: unknown) => {
      this.#trailers = linesOf(raw as readonly string[]);
    });
    stream.on('drain', () => {
      if (this.#tunnel === null) this.#call?.onUpstreamDrain();
      else this.#tunnel.drained();
    });
    stream.on('error', ignore);
    this.#watchEnd(stream);
    stream.on('close', () => this.#onClose());
  }

  /**
   * A stream that was reset ends as one does whose response is whole, and is no failure if the code is NO_ERROR. Node tells the
   * two apart nowhere but here: it closes the stream first, then ends what can be read.
   */
  #watchEnd(stream: ClientHttp2Stream): void {
    const push = stream.push;
    stream.push = (chunk, encoding) => {
      if (chunk === null && !stream.closed) this.#whole = true;
      return push.call(stream, chunk, encoding);
    };
  }

  write(chunk: Uint8Array): boolean {
    const stream = this.#stream;
    if (stream === null || this.#cancelled || stream.destroyed || chunk.length === 0) return true;
    // The endpoint wants no more of the request; to write all the same would destroy what it has answered.
    if (stream.closed) return true;
    return stream.write(retain(chunk));
  }

  endRequest(trailers: string): void {
    this.#requestDone = true;
    this.#requestTrailers = trailers;
    if (!this.#cancelled) this.#stream?.end();
  }

  #sendTrailers(): void {
    const headers = {};
    addLines(headers, this.#requestTrailers);
    // Without any, Node ends the stream with an empty DATA frame.
    this.#stream!.sendTrailers(headers);
  }

  // --- response ----------------------------------------------------------------------------------------------------

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    if (this.#inBody) this.#stream?.resume();
  }

  #onInformational(raw: readonly string[]): void {
    const call = this.#call;
    if (call === null) return;
    const status = statusOf(raw);
    if (++this.#informational > MAX_INFORMATIONAL) {
      this.#fail(FAILURE_MALFORMED, 'too many interim responses');
    } else if (status === 102 || status === 103) {
      if (this.#parse(raw, status, '')) call.onInformational(status, this.#head.headers.lines(DROP_RESPONSE));
    }
  }

  #onResponse(raw: readonly string[], ended: boolean): void {
    const call = this.#call;
    if (call === null) return;
    const status = statusOf(raw);
    if (this.#key !== '' && status < 300) {
      this.#switch(call, raw);
      return;
    }
    const bodiless = this.#toHead || status === 204 || status === 304;
    // The length that HTTP/1.1 has to state and HTTP/2 need not.
    let framing = '';
    if (!bodiless && !hasLength(raw))
      framing = ended ? 'content-length: 0\r\n' : 'transfer-encoding: chunked\r\n';
    if (!this.#parse(raw, status, framing)) return;
    this.#answered = true;
    this.#session.proven = true;
    const stream = this.#stream!;
    // What follows in the same read may show that the length is wrong. Then nothing has left yet and the client gets 502.
    const waits = !ended && !bodiless && framing === '';
    if (waits) setImmediate(passOn, this);
    else this.#begin(call);
    if (this.#call !== call) return;
    if (ended) {
      stream.resume();
      this.#finish();
      return;
    }
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd());
    if (!waits) call.onReadEnd();
  }

  /** The read is over that the head came in. */
  passOn(): void {
    const call = this.#call;
    if (call === null || this.#inBody) return;
    this.#begin(call);
    if (this.#call === call) call.onReadEnd();
  }

  /** Passes on the head, and what was held back behind it. */
  #begin(call: UpstreamCall): void {
    this.#inBody = true;
    call.onResponseHead(this.#head);
    const early = this.#early;
    if (early === null) return;
    this.#early = null;
    for (const chunk of early) if (this.#call === call) call.onResponseData(chunk, 0, chunk.length);
  }

  /** Any 2xx opens the tunnel: it stands for the 101 that the caller knows. */
  #switch(call: UpstreamCall, raw: readonly string[]): void {
    const lines = `${UPGRADE_LINES}Sec-WebSocket-Accept: ${acceptFor(this.#key)}\r\n`;
    if (!this.#parse(raw, 101, lines)) return;
    this.#session.proven = true;
    this.#call = null;
    this.#tunnel = new Http2ByteStream(this.#stream!);
    call.onSwitched(this.#head, this.#tunnel);
  }

  #parse(raw: readonly string[], status: number, framing: string): boolean {
    const text = `HTTP/1.1 ${status} ${statusText(status)}\r\n${linesOf(raw)}${framing}\r\n`;
    const problem = this.#head.parse(text, this.#toHead);
    if (problem !== '') this.#fail(FAILURE_MALFORMED, problem);
    return problem === '';
  }

  #onData(chunk: Buffer): void {
    const call = this.#call;
    if (call === null) return;
    if (!this.#inBody) {
      this.#early ??= [];
      this.#early.push(chunk);
      return;
    }
    if (this.#head.bodyKind === BODY_NONE) {
      this.#fail(FAILURE_MALFORMED, 'a body where none may be');
      return;
    }
    call.onResponseData(chunk, 0, chunk.length);
    if (this.#call === call) call.onReadEnd();
  }

  #onEnd(): void {
    const call = this.#call;
    // An endpoint may answer and then reset the stream to stop the request (RFC 9113 section 8.1). Go's server does, and what
    // the client has not taken by then has still to reach it.
    if (call === null || !this.#whole) return;
    if (!this.#inBody) this.#begin(call);
    if (this.#call === call) this.#finish();
  }

  /**
   * Whatever ended the stream behind END_STREAM, the response is whole (RFC 9113 section 8.1), also for a client that is slow to
   * take it. That is no more than the window of the stream, so it need not wait for the client.
   */
  #takeRest(stream: ClientHttp2Stream): void {
    for (let rest: Buffer | null = stream.read(); rest !== null; rest = stream.read()) this.#onData(rest);
    this.#onEnd();
  }

  #finish(): void {
    const call = this.#call!;
    this.#call = null;
    this.#finished = true;
    // The endpoint answered without reading all of the request: what is left of it is of no use.
    if (!this.#requestDone) this.#cancel();
    call.onResponseEnd(this.#trailers);
  }

  // --- ends --------------------------------------------------------------------------------------------------------

  abandon(late: boolean): void {
    this.#call = null;
    if (this.#stream === null) this.#session.release(this);
    else this.#cancel();
    // A connection that has gone silent would swallow every call that is given to it.
    if (late) this.#session.suspect();
  }

  onConnected(): void {
    this.#call?.onConnected();
  }

  /** About once a second: ends what Node keeps of a stream that is over. */
  check(): void {
    const stream = this.#stream;
    if (stream === null || stream.destroyed) return;
    if (isClosing(stream)) {
      // After an error of the endpoint nghttp2 sends nothing any more, not even a reset or a PING.
      if (++this.#closingChecks === PATIENT_CHECKS) this.#session.suspect();
    } else if (stream.readableEnded || (!this.#inBody && this.#tunnel === null)) {
      // Else somebody still reads what has come before.
      dropForgotten(stream);
    }
  }

  #cancel(): void {
    this.#cancelled = true;
    closeStream(this.#stream!, constants.NGHTTP2_CANCEL);
  }

  #fail(failure: number, detail: string): void {
    const call = this.#call;
    this.#call = null;
    if (this.#stream !== null) this.#cancel();
    else this.#session.release(this);
    call?.onFailure(failure, detail);
  }

  /** Not while the call is still busy with giving us its request. */
  #failLater(failure: number, detail: string): void {
    process.nextTick(() => {
      if (this.#call !== null) this.#fail(failure, detail);
    });
  }

  #onClose(): void {
    const stream = this.#stream!;
    if (this.#finished) this.#session.spareHeads.push(this.#head);
    this.#session.release(this);
    this.#tunnel?.closed();
    if (this.#whole) this.#takeRest(stream);
    const call = this.#call;
    if (call === null) return;
    this.#call = null;
    const code = stream.rstCode ?? 0;
    const { lost } = this.#session;
    if (lost !== '') call.onFailure(this.#kindOf(code), lost);
    else call.onFailure(this.#kindOf(code), `reset by the endpoint, code ${code}`, code);
  }

  #kindOf(given: number): number {
    if (!this.#session.everConnected) return FAILURE_CONNECT;
    const code = this.#session.lastBegun < 0 ? given : this.#codeByGoaway();
    const violates = code === constants.NGHTTP2_PROTOCOL_ERROR;
    // Whatever the code says: the client may have got a head, and must not get another one.
    if (this.#answered && (this.#inBody || !violates)) return FAILURE_TRUNCATED;
    // Also for streams above the last one of a GOAWAY: the endpoint has not touched them (rules C13, D8).
    if (code === constants.NGHTTP2_REFUSED_STREAM) return FAILURE_REFUSED;
    if (violates) return FAILURE_MALFORMED;
    return this.#reused && this.#session.lost !== '' ? FAILURE_STALE : FAILURE_RESET;
  }

  /** Node gives all streams the code of a GOAWAY, which says nothing about any of them (RFC 9113 section 6.8). */
  #codeByGoaway(): number {
    const { id = Number.MAX_SAFE_INTEGER } = this.#stream!;
    return id > this.#session.lastBegun ? constants.NGHTTP2_REFUSED_STREAM : constants.NGHTTP2_CANCEL;
  }
}

function statusOf(raw: readonly string[]): number {
  const at = raw.indexOf(':status');
  return at < 0 ? 0 : Number(raw[at + 1]);
}

function hasLength(raw: readonly string[]): boolean {
  for (let i = 0; i < raw.length; i += 2) if (raw[i] === 'content-length') return true;
  return false;
}

function passOn(stream: H2Stream): void {
  stream.passOn();
}

function ignore(): void {}

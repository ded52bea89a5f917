import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { ERRORS, type ErrorCode } from '../../http/errors.ts';
import { BODY_NONE } from '../../http/framing.ts';
import { addLines } from '../../http/header-lines.ts';
import { Http2ByteStream } from '../../http/http2-byte-stream.ts';
import { closeStream, dropForgotten } from '../../http/http2-close.ts';
import { problemBody } from '../../http/problem.ts';
import { RequestHead } from '../../http/request-head.ts';
import type { ByteStream } from '../../shared/byte-stream.ts';
import { coarseClock } from '../../shared/coarse-clock.ts';
import { retain } from '../../shared/read-buffer.ts';
import type { Listed } from '../connection-list.ts';
import { type Downstream, FRAMING_LENGTH, type RequestBodySink } from '../downstream.ts';
import type { EngineHost } from '../engine.ts';
import { Exchange } from '../exchange.ts';
import type { Peer } from '../peer.ts';
import type { ArrivedStream } from './arrived-stream.ts';

const EMPTY = Buffer.alloc(0);
const BAD_GATEWAY: number = ERRORS.upstream_bad_response.status;
/** Pieces of a body are sent as they come once this many bytes wait for the end of the event. */
const SEND_AT = 16 * 1024;

/** The connection that a stream belongs to. */
export interface StreamOwner {
  readonly host: EngineHost;
  readonly peer: Peer;
  readonly scheme: 'http' | 'https';
  /** The stream is over for good. */
  onStreamGone(stream: Http2Exchange): void;
  /** Nobody has to do with it any more: it can serve the next stream. */
  onReusable(stream: Http2Exchange): void;
}

/**
 * The client's side of one exchange: one HTTP/2 stream. An instance that ended in good order serves another stream of its
 * connection, with all that the worker keeps for an exchange (measured: a sixth of the garbage of a small request).
 */
export class Http2Exchange implements Downstream, Listed {
  previous: Listed | null = null;
  next: Listed | null = null;
  deadline = 0;

  readonly head = new RequestHead();
  readonly #connection: StreamOwner;
  #arrived: ArrivedStream;
  #stream: ServerHttp2Stream;
  readonly #exchange: Exchange;

  #sink: RequestBodySink | null = null;
  #reading = false;
  #bodyPaused = false;
  #received = 0;
  #requestDone: boolean;

  #tunnel: Http2ByteStream | null = null;
  #responseHead: OutgoingHttpHeaders | null = null;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #trailers = '';
  /** The body has left, or is about to; its end waits for the trailers. */
  #awaitsTrailers = false;
  #closeAfterTrailers = false;
  #responseDone = false;
  #begun = false;
  #gone = false;
  /** Request and response are complete, so that nothing is to come but the end of the stream. */
  #complete = false;
  headSent = false;
  /** Bytes not sent when the last deadline was set. */
  #lastQueued = 0;

  constructor(connection: StreamOwner, arrived: ArrivedStream) {
    const { stream } = arrived;
    this.#connection = connection;
    this.#arrived = arrived;
    this.#stream = stream;
    this.#requestDone = stream.endAfterHeaders;
    this.#exchange = new Exchange(this, this.head, connection.peer, connection.scheme);
    this.#listen(stream);
  }

  /** Begins anew with another stream, after `onReusable`. */
  reuse(arrived: ArrivedStream): void {
    const { stream } = arrived;
    this.#arrived = arrived;
    this.#stream = stream;
    this.#requestDone = stream.endAfterHeaders;
    this.deadline = 0;
    this.#reading = false;
    this.#bodyPaused = false;
    this.#received = 0;
    this.#responseHead = null;
    this.#pendingBytes = 0;
    this.#trailers = '';
    this.#awaitsTrailers = false;
    this.#responseDone = false;
    this.#gone = false;
    this.#complete = false;
    this.headSent = false;
    this.#lastQueued = 0;
    this.#listen(stream);
  }

  #listen(stream: ServerHttp2Stream): void {
    stream.on('close', () => this.#onClose());
    stream.on('drain', () => this.#onDrain());
  }

  #onClose(): void {
    const reusable = this.#complete && !this.#gone;
    this.onGone();
    if (reusable) this.#connection.onReusable(this);
  }

  begin(): void {
    const { host } = this.#connection;
    this.#begun = true;
    if (this.head.bodyKind === BODY_NONE) this.#requestDone = true;
    this.#exchange.begin();
    host.onExchange(this.#exchange);
  }

  /** Answers a request that cannot become an exchange. */
  reject(code: ErrorCode): void {
    const { host, peer } = this.#connection;
    const requestId = host.newRequestId();
    const { status } = ERRORS[code];
    const body = Buffer.from(problemBody(code, requestId));
    host.onRejected(code, requestId, peer);
    const lines = `date: ${new Date().toUTCString()}\r\ncontent-type: application/problem+json\r\nx-request-id: ${requestId}\r\n`;
    this.sendHead(status, '', lines, FRAMING_LENGTH, body.length);
    this.sendBody(body, 0, body.length);
    this.endBody('');
  }

  // --- request body --------------------------------------------------------------------------------------------

  get requestDone(): boolean {
    return this.#requestDone;
  }

  startBody(sink: RequestBodySink): void {
    this.#sink = sink;
    if (this.#requestDone) {
      sink.onRequestEnd('');
      return;
    }
    // Node tells of the end of an empty body before anybody reads, and not again.
    if (this.#stream.readableEnded) {
      this.#onRequestEnd();
      return;
    }
    if (this.head.expectContinue && this.#writable) this.#stream.additionalHeaders({ ':status': 100 });
    this.#armBodyDeadline();
    this.#reading = true;
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#onRequestEnd());
    if (this.#bodyPaused) stream.pause();
  }

  pauseBody(): void {
    if (this.#requestDone) return;
    this.#bodyPaused = true;
    this.deadline = 0;
    if (this.#reading) this.#stream.pause();
  }

  resumeBody(): void {
    if (!this.#bodyPaused) return;
    this.#bodyPaused = false;
    if (this.#requestDone) return;
    this.#armBodyDeadline();
    if (this.#reading) this.#stream.resume();
  }

  #onData(chunk: Buffer): void {
    const sink = this.#sink;
    if (sink === null) return;
    const { body } = this.#connection.host.settings.limits;
    this.#received += chunk.length;
    if (body !== 0 && this.#received > body) {
      this.#failBody('body_too_large');
      return;
    }
    if (!this.#bodyPaused) this.#armBodyDeadline();
    this.#exchange.bytesReceived += chunk.length;
    sink.onRequestData(chunk);
  }

  #onRequestEnd(): void {
    // A stream that was reset ends too; then it is about to be closed (rule C3).
    if (this.#stream.aborted || this.#requestDone) return;
    this.#requestDone = true;
    this.deadline = 0;
    this.#sink?.onRequestEnd(this.#arrived.trailers);
  }

  #armBodyDeadline(): void {
    this.deadline = coarseClock.now + this.#connection.host.settings.limits.bodyIdleTimeout;
  }

  #failBody(code: ErrorCode): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.onRequestFailed(code);
  }

  /** False also between a reset by the client and the end of the stream: Node throws at whoever writes then. */
  get #writable(): boolean {
    return !this.#gone && !this.#stream.destroyed && !this.#stream.closed;
  }

  // --- response ------------------------------------------------------------------------------------------------

  sendInformational(status: number, lines: string): void {
    if (this.headSent || !this.#writable) return;
    const headers: OutgoingHttpHeaders = { ':status': status };
    addLines(headers, lines);
    this.#stream.additionalHeaders(headers);
  }

  sendHead(answer: number, _reason: string, lines: string, framing: number, length: number): void {
    // To a CONNECT any 2xx says that the tunnel is open (RFC 9110 section 9.3.6), whatever its sender meant. Above 599
    // there is nothing (section 15), and Node refuses to send it.
    const status = (this.head.upgrade && answer < 300) || answer > 599 ? BAD_GATEWAY : answer;
    const headers: OutgoingHttpHeaders = { ':status': status };
    addLines(headers, lines);
    if (framing === FRAMING_LENGTH) headers['content-length'] = String(length);
    this.#exchange.status = status;
    this.#responseHead = headers;
    this.headSent = true;
  }

  /** A 101 over HTTP/2 is the 200 to an extended CONNECT (RFC 8441 section 5). */
  switchProtocols(lines: string): ByteStream {
    const headers: OutgoingHttpHeaders = { ':status': 200 };
    addLines(headers, lines);
    // It answers the key that the gateway has made up for the endpoint.
    delete headers['sec-websocket-accept'];
    this.#exchange.status = 101;
    this.headSent = true;
    this.deadline = 0;
    const stream = this.#stream;
    this.#tunnel = new Http2ByteStream(stream);
    // Else it has closed in this very turn, and the tunnel is about to hear of it.
    if (!stream.destroyed && !stream.closed) {
      this.#responseHead = headers;
      this.#respond({ waitForTrailers: true });
    }
    return this.#tunnel;
  }

  sendBody(input: Buffer, start: number, end: number): boolean {
    if (this.#gone || end === start) return true;
    if (this.#stream.aborted) {
      // Reset with NO_ERROR while something was to be sent: it would take whatever comes and send none of it.
      setImmediate(dropForgotten, this.#stream);
      return false;
    }
    this.#exchange.bytesSent += end - start;
    this.#pending.push(retain(input, start, end));
    this.#pendingBytes += end - start;
    if (this.#pendingBytes >= SEND_AT) this.flush();
    // Also for a piece that waits for the end of the read: small ones must not pile up either (rule C17).
    if (!this.#stream.writableNeedDrain) return true;
    this.#armWriteDeadline();
    return false;
  }

  endBody(trailers: string): void {
    const stream = this.#stream;
    if (this.#writable) {
      this.#trailers = trailers;
      const last = this.#takePending();
      if (this.#responseHead !== null) {
        // Nothing has left yet, so head, body and end go together, and a response without a body ends with its head.
        const bare = last.length === 0 && trailers === '';
        this.#respond({ endStream: bare, waitForTrailers: !bare && trailers !== '' });
        if (!bare) stream.end(last.length === 0 ? undefined : last);
      } else {
        stream.end(last.length === 0 ? undefined : last);
      }
      this.#armWriteDeadline();
    }
    this.#finish();
  }

  flush(): void {
    const stream = this.#stream;
    if (!this.#writable || this.#responseDone) return;
    // Also keeps Node from ending the stream in good order when it has to be reset later (rule C2).
    if (this.#responseHead !== null) this.#respond({ waitForTrailers: true });
    const chunk = this.#takePending();
    if (chunk.length > 0) stream.write(chunk);
  }

  /** RST_STREAM shows the client that the response is incomplete (rule C2). */
  abort(): void {
    closeStream(this.#stream, constants.NGHTTP2_INTERNAL_ERROR);
    this.onGone();
  }

  #respond(options: { endStream?: boolean; waitForTrailers: boolean }): void {
    const headers = this.#responseHead!;
    this.#responseHead = null;
    if (options.waitForTrailers) {
      this.#awaitsTrailers = true;
      this.#stream.once('wantTrailers', () => this.#sendTrailers());
    }
    const all = { ...options, sendDate: false } as Parameters<ServerHttp2Stream['respond']>[1];
    try {
      this.#stream.respond(headers, all);
    } catch {
      // A response that Node does not put on the wire costs its stream, not the thread.
      this.abort();
    }
    // Node has ended one that has no body with its head, and asks for no trailers.
    if (this.#stream.writableEnded) this.#awaitsTrailers = false;
  }

  #sendTrailers(): void {
    const trailers: OutgoingHttpHeaders = {};
    addLines(trailers, this.#trailers);
    // Without any, Node ends the stream with an empty DATA frame.
    this.#stream.sendTrailers(trailers);
    this.#awaitsTrailers = false;
    // They leave with the write that asked for them. A reset that is announced before would throw them away.
    if (this.#closeAfterTrailers) this.#stopRequest();
  }

  #stopRequest(): void {
    closeStream(this.#stream, constants.NGHTTP2_NO_ERROR);
  }

  #takePending(): Buffer {
    const pending = this.#pending;
    if (pending.length === 0) return EMPTY;
    this.#pending = [];
    this.#pendingBytes = 0;
    return pending.length === 1 ? pending[0]! : Buffer.concat(pending);
  }

  #armWriteDeadline(): void {
    this.#lastQueued = this.#stream.writableLength;
    this.#armBodyDeadline();
  }

  #onDrain(): void {
    if (this.#responseDone) return;
    this.deadline = 0;
    if (this.#tunnel !== null) {
      this.#tunnel.drained();
      return;
    }
    if (!this.#requestDone && this.#sink !== null && !this.#bodyPaused) this.#armBodyDeadline();
    this.#exchange.events?.onDrain();
  }

  // --- ends ----------------------------------------------------------------------------------------------------

  #finish(): void {
    if (this.#responseDone) return;
    this.#responseDone = true;
    this.#sink = null;
    this.#end();
    // The rest of a request that nobody reads is not sent for nothing (RFC 9113 section 8.1). Node does not ask for the
    // trailers of a stream that it has been told to close: the end of the response would be lost.
    const open = !this.#requestDone || this.head.upgrade;
    this.#complete = !open && this.#tunnel === null;
    if (!open) return;
    if (this.#awaitsTrailers) this.#closeAfterTrailers = true;
    else this.#stopRequest();
  }

  #end(): void {
    if (!this.#begun) return;
    this.#begun = false;
    this.#exchange.events = null;
    this.#connection.host.onExchangeEnd(this.#exchange);
  }

  onShutdown(until: number): void {
    this.#exchange.events?.onShutdown(until);
  }

  /** Now and then: ends what Node keeps of a stream that the client has reset while there was something to send. */
  check(): void {
    const stream = this.#stream;
    // Else a tunnel still reads what came before.
    if (stream.aborted || stream.readableEnded) dropForgotten(stream);
  }

  /** The stream is closed, by whomever. */
  onGone(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.deadline = 0;
    this.#sink = null;
    this.#pending = [];
    if (this.#begun) {
      this.#responseDone = true;
      if (this.#tunnel !== null) this.#tunnel.closed();
      else this.#exchange.events?.onClientGone();
      this.#end();
    }
    this.#connection.onStreamGone(this);
  }

  onDeadline(now: number): void {
    const queued = this.#stream.writableLength;
    if (queued > 0 && queued < this.#lastQueued) {
      // The client still reads, however slowly.
      this.#lastQueued = queued;
      this.deadline = now + this.#connection.host.settings.limits.bodyIdleTimeout;
      return;
    }
    this.deadline = 0;
    if (this.#responseDone || (queued > 0 && this.headSent)) this.abort();
    else if (!this.#requestDone) this.#failBody('request_timeout');
  }
}

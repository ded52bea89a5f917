import type { Socket } from 'node:net';
import { isRefusedForLength } from '../../http/body-limit.ts';
import { ChunkedDecoder } from '../../http/chunked.ts';
import { ERRORS, type ErrorCode } from '../../http/errors.ts';
import { BODY_CHUNKED, BODY_NONE } from '../../http/framing.ts';
import { problemBody } from '../../http/problem.ts';
import { RequestHead } from '../../http/request-head.ts';
import { PROBE_AFTER_MS, SocketStream } from '../../http/socket-stream.ts';
import { statusText } from '../../http/status-text.ts';
import { UPGRADE_LINES } from '../../http/websocket-handshake.ts';
import type { ByteOutput, OutputFactory } from '../../shared/byte-output.ts';
import type { ByteStream } from '../../shared/byte-stream.ts';
import { coarseClock } from '../../shared/coarse-clock.ts';
import { retain } from '../../shared/read-buffer.ts';
import type { ClientTls } from '../client-tls.ts';
import type { ClientConnection, ConnectionList, Listed } from '../connection-list.ts';
import { type Downstream, FRAMING_LENGTH, FRAMING_STREAM, type RequestBodySink } from '../downstream.ts';
import type { EngineHost } from '../engine.ts';
import { Exchange } from '../exchange.ts';
import { Peer } from '../peer.ts';
import { RequestReader } from './request-reader.ts';
import { ResponseWriter } from './response-writer.ts';

/** Waiting for a request head, or in the middle of one. */
const STATE_HEAD = 0;
/** An exchange is in progress. */
const STATE_EXCHANGE = 1;
/** The response is complete, the rest of the request body is thrown away. */
const STATE_DISCARD = 2;
/** Half closed; what still arrives is thrown away until the client closes too (RFC 9112 section 9.6). */
const STATE_LINGER = 3;
/** Switched to another protocol: the bytes belong to the stream. */
const STATE_TUNNEL = 4;
/** The client speaks HTTP/2: the socket goes to a connection of that kind. */
const STATE_HANDED_OVER = 5;
const STATE_CLOSED = 6;

/** Rule C5: a body nobody wants is drained up to this size, else the connection closes. */
const DRAIN_LIMIT = 64 * 1024;
const LINGER_MS = 2000;
/** While draining: a connection idle for longer than this is closed at once, any other after the grace. */
const DRAIN_QUIET_MS = 5000;
const DRAIN_GRACE_MS = 1000;
/** What `net.Socket` looks at when it is destroyed. */
type ResettableSocket = Socket & { resetAndClosing?: boolean };

/** What the first 18 bytes of an HTTP/2 client connection preface look like to a reader of HTTP/1.1. */
const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n\r\n';

/**
 * @param ready stops this connection and gives what was read; call it when the socket can be taken over
 * @returns false: HTTP/2 is off
 */
export type ToHttp2 = (socket: Socket, ready: () => Buffer) => boolean;

/** By far the most frequent status line, not to be put together each time. */
const OK = 'HTTP/1.1 200 OK\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/**
 * One HTTP/1.x client connection: reads requests strictly one after the other, so that pipelined ones are answered in
 * order (rule A14), and offers the client's side of each exchange to the pipeline.
 */
export class Http1Connection implements Downstream, ClientConnection {
  previous: Listed | null = null;
  next: Listed | null = null;
  deadline: number;

  readonly #socket: Socket;
  readonly #toHttp2: ToHttp2 | null;
  readonly #host: EngineHost;
  readonly #list: ConnectionList;
  readonly #peer: Peer;
  readonly #head = new RequestHead();
  readonly #exchange: Exchange;
  readonly #reader = new RequestReader();
  readonly #output: ByteOutput;
  readonly #writer: ResponseWriter;
  #decoder: ChunkedDecoder | null = null;
  #stream: SocketStream | null = null;

  #state = STATE_HEAD;
  /** Bytes that arrived before anybody could use them. */
  #rest: Buffer | null = null;
  #sink: RequestBodySink | null = null;
  #remaining = 0;
  #paused = false;
  #bodyPaused = false;
  #requestDone = true;
  #responseDone = true;
  #expectContinue = false;
  #keepAlive = true;
  #draining = false;
  #drainUntil = 0;
  /** Guards against recursion when responses complete while their request is still being read. */
  #pumping = false;
  #lastQueued = 0;

  /**
   * @param tls null for a plain connection
   * @param toHttp2 takes the socket over when the client begins with HTTP/2; null where ALPN has ruled that out
   */
  constructor(
    socket: Socket,
    host: EngineHost,
    list: ConnectionList,
    output: OutputFactory<Socket>,
    tls: ClientTls | null,
    toHttp2: ToHttp2 | null,
  ) {
    this.#toHttp2 = toHttp2;
    this.#socket = socket;
    this.#host = host;
    this.#list = list;
    this.#peer = new Peer(socket.remoteAddress ?? '', socket.localPort ?? 0, tls);
    this.#exchange = new Exchange(this, this.#head, this.#peer, tls === null ? 'http' : 'https');
    this.#output = output(socket, () => this.#onSocketDrain());
    this.#writer = new ResponseWriter(this.#output);
    this.deadline = coarseClock.now + host.settings.limits.headerTimeout;
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
    list.add(this);
  }

  /**
   * From now on responses say `Connection: close`. An idle connection gets a moment before it is closed: its client may
   * have sent the next request already, and closing under it would fail a request (RFC 9112 section 9.5).
   *
   * @param until what is left will be cut then
   */
  drain(until: number): void {
    this.#draining = true;
    this.#drainUntil = until;
    if (this.#state === STATE_HEAD && !this.#reader.started) this.#shortenIdle();
    else this.#exchange.events?.onShutdown(until);
  }

  #shortenIdle(): void {
    const idleFor = coarseClock.now - (this.deadline - this.#host.settings.limits.keepAliveTimeout);
    // A slow client may still be reading its last response.
    if (idleFor > DRAIN_QUIET_MS && this.#output.queued === 0) this.#socket.destroy();
    else this.deadline = Math.min(this.deadline, coarseClock.now + DRAIN_GRACE_MS);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // --- reading -------------------------------------------------------------------------------------------------

  /** `input[0, length)` has been read; it is valid until this returns. */
  receive(input: Buffer, length: number): void {
    switch (this.#state) {
      case STATE_HEAD:
        this.#pump(input, length);
        break;
      case STATE_EXCHANGE:
        if (this.#sink !== null && !this.#requestDone && this.#rest === null) this.#readBody(input, length);
        else this.#hold(input, 0, length);
        break;
      case STATE_DISCARD:
        this.#discard(input, length);
        break;
      case STATE_LINGER:
        break;
      case STATE_HANDED_OVER:
        // Until the code for it is loaded, which is once. What comes later is for a session that has ended before its
        // socket: Node gives it to the reader from before the session, and it is nobody's.
        if (this.#rest !== null) this.#rest = Buffer.concat([this.#rest, input.subarray(0, length)]);
        break;
      case STATE_TUNNEL:
        this.#stream!.received(input, 0, length);
        break;
      default:
    }
  }

  /** Works through a read: heads, and whatever exchanges complete on the way. */
  #pump(input: Buffer, length: number): void {
    if (this.#pumping) {
      this.#hold(input, 0, length);
      return;
    }
    this.#pumping = true;
    for (;;) {
      if (this.#output.blocked) {
        this.#waitForReader(input, length);
        break;
      }
      this.#readHead(input, length);
      const rest = this.#state === STATE_HEAD ? this.#takeRest() : null;
      if (rest === null) break;
      input = rest;
      length = rest.length;
    }
    this.#pumping = false;
    if (this.#state === STATE_HEAD && this.#paused && this.#rest === null) this.#resumeSocket();
  }

  /** A client that pipelines but does not read gets no further responses queued for it (rule C17). */
  #waitForReader(input: Buffer, length: number): void {
    this.#hold(input, 0, length);
    this.#armWriteDeadline();
  }

  #takeRest(): Buffer | null {
    const rest = this.#rest;
    this.#rest = null;
    return rest;
  }

  /** Keeps bytes for later and stops reading. */
  #hold(input: Buffer, start: number, end: number): void {
    const copy = retain(input, start, end);
    this.#rest = this.#rest === null ? copy : Buffer.concat([this.#rest, copy]);
    this.#pauseSocket();
  }

  #readHead(input: Buffer, length: number): void {
    const reader = this.#reader;
    const limits = this.#host.settings.limits;
    const fresh = !reader.started;
    if (!reader.read(input, 0, length, limits)) {
      if (reader.problem !== '') this.#reject(reader.problem);
      else if (fresh) this.deadline = coarseClock.now + limits.headerTimeout;
      return;
    }
    if (reader.consumed < length) this.#rest = retain(input, reader.consumed, length);
    const head = this.#head;
    const problem = head.parse(reader.head, limits, this.#host.settings.pathPolicy);
    if (problem !== '') {
      if (reader.head !== HTTP2_PREFACE || !this.#handOver()) this.#reject(problem);
      return;
    }
    if (isRefusedForLength(head, limits.body)) {
      this.#reject('body_too_large');
      return;
    }
    const { tls } = this.#peer;
    if (tls !== null && !tls.serves(head.host)) {
      this.#reject('misdirected_request');
      return;
    }
    this.#beginExchange();
  }

  /** Prior-knowledge HTTP/2 (RFC 9113 section 3.3), as the first thing on a plain connection. */
  #handOver(): boolean {
    if (this.#exchange.serial !== 0 || this.#toHttp2 === null) return false;
    const preface = Buffer.from(HTTP2_PREFACE, 'latin1');
    this.#rest = this.#rest === null ? preface : Buffer.concat([preface, this.#rest]);
    this.#state = STATE_HANDED_OVER;
    const taken = this.#toHttp2(this.#socket, () => {
      const first = this.#takeRest()!;
      this.#list.remove(this);
      this.deadline = 0;
      return first;
    });
    if (!taken) this.#state = STATE_HEAD;
    return taken;
  }

  #beginExchange(): void {
    const head = this.#head;
    this.#state = STATE_EXCHANGE;
    this.#responseDone = false;
    this.#keepAlive = head.keepAlive && !this.#draining;
    this.#expectContinue = head.expectContinue;
    this.#sink = null;
    this.#bodyPaused = false;
    this.#remaining = head.contentLength;
    this.#requestDone =
      head.bodyKind === BODY_NONE || (head.bodyKind !== BODY_CHUNKED && head.contentLength === 0);
    if (head.bodyKind === BODY_CHUNKED) {
      if (this.#decoder === null) this.#decoder = new ChunkedDecoder();
      this.#decoder.reset(this.#host.settings.limits.body);
    }
    this.deadline = 0;
    this.#peer.judge(this.#host.settings.trustedProxies);
    this.#exchange.begin();
    this.#host.onExchange(this.#exchange);
    if (this.#draining) this.#exchange.events?.onShutdown(this.#drainUntil);
    if (this.#state !== STATE_EXCHANGE) return;
    // Bytes nobody reads yet must not pile up in this process (rule C17).
    if (this.#rest !== null || (!this.#requestDone && this.#sink === null)) this.#pauseSocket();
    else this.#readOn();
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
    if (this.#expectContinue) {
      this.#expectContinue = false;
      if (this.#rest === null) this.#output.writeText(CONTINUE);
    }
    this.#armBodyDeadline();
    this.#feedRest();
    this.#readOn();
  }

  pauseBody(): void {
    if (this.#requestDone) return;
    this.#bodyPaused = true;
    this.#disarmBodyDeadline();
    this.#pauseSocket();
  }

  resumeBody(): void {
    if (!this.#bodyPaused) return;
    this.#bodyPaused = false;
    if (!this.#requestDone) {
      this.#armBodyDeadline();
      this.#feedRest();
    }
    this.#readOn();
  }

  /** Also behind a complete request: a client that goes away must be noticed (rule C3). */
  #readOn(): void {
    if (this.#state === STATE_EXCHANGE && this.#rest === null && (this.#requestDone || !this.#bodyPaused))
      this.#resumeSocket();
  }

  #armBodyDeadline(): void {
    this.deadline = coarseClock.now + this.#host.settings.limits.bodyIdleTimeout;
  }

  /** The client may have to be waited for all the same: it reads a response that began before the end of its request. */
  #disarmBodyDeadline(): void {
    if (this.#writer.started && this.#output.blocked) this.#armWriteDeadline();
    else this.deadline = 0;
  }

  #feedRest(): void {
    const rest = this.#takeRest();
    if (rest !== null) this.#readBody(rest, rest.length);
  }

  #readBody(input: Buffer, length: number): void {
    if (this.#bodyPaused) {
      this.#hold(input, 0, length);
      return;
    }
    this.#armBodyDeadline();
    if (this.#head.bodyKind === BODY_CHUNKED) this.#readChunked(input, length);
    else this.#readSized(input, length);
  }

  #readSized(input: Buffer, length: number): void {
    const sink = this.#sink!;
    const take = Math.min(this.#remaining, length);
    this.#remaining -= take;
    const done = this.#remaining === 0;
    if (done) {
      this.#requestDone = true;
      this.#disarmBodyDeadline();
      if (take < length) this.#hold(input, take, length);
    }
    this.#exchange.bytesReceived += take;
    sink.onRequestData(input.subarray(0, take));
    if (done && this.#sink === sink) sink.onRequestEnd('');
  }

  #readChunked(input: Buffer, length: number): void {
    const sink = this.#sink!;
    const decoder = this.#decoder!;
    const end = decoder.decode(input, 0, length, this);
    if (this.#sink !== sink) return;
    if (decoder.failed) {
      this.#failBody(decoder.tooLarge ? 'body_too_large' : 'bad_chunk');
    } else if (decoder.done) {
      this.#requestDone = true;
      this.#disarmBodyDeadline();
      if (end < length) this.#hold(input, end, length);
      sink.onRequestEnd(decoder.trailers);
    }
  }

  /** From the chunked decoder. */
  onChunkData(input: Buffer, start: number, end: number): void {
    this.#exchange.bytesReceived += end - start;
    this.#sink?.onRequestData(input.subarray(start, end));
  }

  #failBody(code: ErrorCode): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#keepAlive = false;
    if (sink !== null) sink.onRequestFailed(code);
  }

  // --- response ------------------------------------------------------------------------------------------------

  get headSent(): boolean {
    return this.#writer.started;
  }

  sendInformational(status: number, lines: string): void {
    if (this.#head.version === 10 || this.#writer.started) return;
    this.#output.writeText(`HTTP/1.1 ${status} ${statusText(status)}\r\n${lines}\r\n`);
  }

  sendHead(status: number, reason: string, lines: string, framing: number, length: number): void {
    const head = this.#head;
    // An unread body is drained after the response only if that is cheap and certain; else say that we close (C4, C5).
    if (
      !this.#requestDone &&
      (head.bodyKind === BODY_CHUNKED || this.#remaining > DRAIN_LIMIT || this.#expectContinue)
    ) {
      this.#keepAlive = false;
    }
    const chunked = framing === FRAMING_STREAM && head.version === 11;
    if (framing === FRAMING_STREAM && !chunked) this.#keepAlive = false;
    if (this.#draining) this.#keepAlive = false;

    let text = (reason === 'OK' && status === 200 ? OK : `HTTP/1.1 ${status} ${reason}\r\n`) + lines;
    if (chunked) text += 'Transfer-Encoding: chunked\r\n';
    else if (framing === FRAMING_LENGTH) text += `Content-Length: ${length}\r\n`;
    if (!this.#keepAlive) text += 'Connection: close\r\n\r\n';
    else text += head.version === 11 ? '\r\n' : 'Connection: keep-alive\r\n\r\n';
    this.#exchange.status = status;
    this.#writer.begin(text, chunked, framing === FRAMING_STREAM && !chunked);
  }

  sendBody(input: Buffer, start: number, end: number): boolean {
    this.#exchange.bytesSent += end - start;
    const more = this.#writer.body(input, start, end);
    if (!more) this.#armWriteDeadline();
    return more;
  }

  endBody(trailers: string): void {
    this.#writer.end(this.#head.wantsTrailers ? trailers : '');
    this.#finishResponse();
  }

  flush(): void {
    this.#writer.flush();
  }

  /** The request was complete (an upgrade has no body), and nothing of a next one has been looked at. */
  switchProtocols(lines: string): ByteStream {
    this.#exchange.status = 101;
    this.#state = STATE_TUNNEL;
    this.deadline = 0;
    this.#output.writeText(`HTTP/1.1 101 ${statusText(101)}\r\n${lines}${UPGRADE_LINES}\r\n`);
    this.#stream = new SocketStream(this.#socket, this.#output, this.#takeRest());
    return this.#stream;
  }

  expectSilence(): void {
    this.#socket.setKeepAlive(true, PROBE_AFTER_MS);
  }

  abort(): void {
    this.#output.flush();
    // A close-delimited body would look complete after a FIN, so that one is reset (rule C2). `resetAndDestroy` is of no
    // use: it sends the FIN first. Over TLS the missing close_notify shows it.
    if (this.#writer.closeDelimited && this.#peer.tls === null)
      (this.#socket as ResettableSocket).resetAndClosing = true;
    this.#socket.destroy();
  }

  #armWriteDeadline(): void {
    this.#lastQueued = this.#output.queued;
    this.deadline = coarseClock.now + this.#host.settings.limits.bodyIdleTimeout;
  }

  #onSocketDrain(): void {
    if (this.#state === STATE_HEAD) {
      const rest = this.#takeRest();
      if (rest !== null) this.#pump(rest, rest.length);
      else if (this.#draining) this.deadline = coarseClock.now + DRAIN_GRACE_MS;
    }
    if (this.#state === STATE_TUNNEL) this.#stream!.drained();
    if (this.#state !== STATE_EXCHANGE) return;
    this.deadline = 0;
    if (!this.#requestDone && this.#sink !== null && !this.#bodyPaused) this.#armBodyDeadline();
    this.#exchange.events?.onDrain();
  }

  #finishResponse(): void {
    this.#responseDone = true;
    this.#sink = null;
    this.deadline = 0;
    this.#endExchange();
    if (this.#state !== STATE_EXCHANGE) return;
    if (this.#requestDone) {
      if (this.#keepAlive) this.#nextRequest();
      else if (this.#isLast()) this.#closeAtOnce();
      else this.#closeGracefully();
    } else if (this.#keepAlive) {
      this.#state = STATE_DISCARD;
      this.deadline = coarseClock.now + this.#host.settings.limits.bodyIdleTimeout;
      const rest = this.#takeRest();
      if (rest !== null) this.#discard(rest, rest.length);
      if (this.#state === STATE_DISCARD) this.#resumeSocket();
    } else {
      this.#closeGracefully();
    }
  }

  #endExchange(): void {
    const exchange = this.#exchange;
    exchange.events = null;
    this.#host.onExchangeEnd(exchange);
  }

  #nextRequest(): void {
    this.#state = STATE_HEAD;
    this.#writer.reset();
    this.#lastQueued = Number.MAX_SAFE_INTEGER;
    this.deadline = coarseClock.now + this.#host.settings.limits.keepAliveTimeout;
    if (this.#draining) this.#shortenIdle();
    if (this.#pumping) return;
    const rest = this.#takeRest();
    if (rest !== null) this.#pump(rest, rest.length);
    else if (this.#paused) this.#resumeSocket();
  }

  /** Throws away the rest of a request body whose response is complete. Only for bodies with a small, known rest. */
  #discard(input: Buffer, length: number): void {
    const take = Math.min(this.#remaining, length);
    this.#remaining -= take;
    if (this.#remaining > 0) return;
    this.#requestDone = true;
    if (take < length) this.#rest = retain(input, take, length);
    this.#nextRequest();
  }

  // --- ends ----------------------------------------------------------------------------------------------------

  /** Answers a request that cannot become an exchange, and closes: the framing of what follows is unknown. */
  #reject(code: ErrorCode): void {
    const requestId = this.#host.newRequestId();
    const body = problemBody(code, requestId);
    const entry = ERRORS[code];
    this.#rest = null;
    this.#output.writeText(
      `HTTP/1.1 ${entry.status} ${statusText(entry.status)}\r\nDate: ${new Date().toUTCString()}\r\n` +
        `Content-Type: application/problem+json\r\nX-Request-Id: ${requestId}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    this.#host.onRejected(code, requestId, this.#peer);
    this.#closeGracefully();
  }

  /** The client has said that it sends no more, so that nothing can be unread. */
  #isLast(): boolean {
    const { keepAlive, bodyKind } = this.#head;
    const isPlain = this.#peer.tls === null && !this.#writer.closeDelimited;
    return isPlain && !keepAlive && bodyKind === BODY_NONE && this.#rest === null;
  }

  /** Half the calls into the kernel that it takes to close gracefully, and no turn to wait for. */
  #closeAtOnce(): void {
    this.#output.flush();
    if (this.#output.queued === 0) {
      this.#state = STATE_LINGER;
      this.#socket.destroy();
    } else {
      this.#closeGracefully();
    }
  }

  /** FIN now, then read on for a while: closing with unread input would reset the response away. */
  #closeGracefully(): void {
    this.#state = STATE_LINGER;
    this.#lastQueued = Number.MAX_SAFE_INTEGER;
    this.#rest = null;
    this.#output.end();
    this.#resumeSocket();
    this.deadline = coarseClock.now + LINGER_MS;
  }

  #onEnd(): void {
    switch (this.#state) {
      case STATE_HEAD:
      case STATE_DISCARD:
      case STATE_LINGER:
        if (this.#output.queued === 0) this.#socket.destroy();
        else this.#output.end();
        break;
      case STATE_EXCHANGE:
        this.#keepAlive = false;
        // Like nginx: a client that ends its side while it waits has gone away. In the middle of a body it can still
        // read an answer.
        if (this.#requestDone) this.#socket.destroy();
        else if (this.#sink !== null) this.#failBody('incomplete_body');
        else this.#socket.destroy();
        break;
      case STATE_TUNNEL:
        this.#stream!.peerEnded();
        break;
      default:
    }
  }

  #onClose(): void {
    if (this.#state === STATE_HANDED_OVER) return;
    const wasTunnel = this.#state === STATE_TUNNEL;
    const wasExchange = this.#state === STATE_EXCHANGE && !this.#responseDone;
    this.#state = STATE_CLOSED;
    this.#list.remove(this);
    this.deadline = 0;
    this.#rest = null;
    this.#sink = null;
    this.#host.onConnection(-1);
    if (wasExchange) {
      this.#responseDone = true;
      this.#exchange.events?.onClientGone();
      this.#endExchange();
    }
    if (wasTunnel) {
      this.#stream!.closed();
      this.#endExchange();
    }
  }

  onDeadline(now: number): void {
    const limits = this.#host.settings.limits;
    const queued = this.#output.queued;
    if (queued > 0 && queued < this.#lastQueued) {
      // The client still reads, however slowly, what it has been sent.
      this.#lastQueued = queued;
      this.deadline = now + limits.bodyIdleTimeout;
      return;
    }
    switch (this.#state) {
      case STATE_HEAD:
        // Silence between requests just ends the connection; half a head is told so (rule A13).
        if (this.#reader.started) this.#reject('request_timeout');
        else this.#socket.destroy();
        break;
      case STATE_EXCHANGE:
        this.deadline = 0;
        if (queued > 0 && this.#writer.started) this.abort();
        else if (!this.#requestDone) this.#failBody('request_timeout');
        break;
      default:
        this.#socket.destroy();
    }
  }

  #pauseSocket(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #resumeSocket(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }
}

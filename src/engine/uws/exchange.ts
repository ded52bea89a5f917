import type { ErrorCode } from '../../http/errors.ts';
import { RequestHead } from '../../http/request-head.ts';
import { coarseClock } from '../../shared/coarse-clock.ts';
import { retain } from '../../shared/read-buffer.ts';
import type { ConnectionList, Listed } from '../connection-list.ts';
import type { Downstream, RequestBodySink } from '../downstream.ts';
import type { EngineHost } from '../engine.ts';
import { Exchange } from '../exchange.ts';
import type { UwsResponse } from './binding.ts';
import type { PeerEntry } from './peers.ts';
import { RequestBody } from './request-body.ts';
import { BLOCKED, COMPLETE, MISFRAMED, ResponseWriter, WRITTEN } from './response-writer.ts';

/** Rule C5: a body nobody wants is drained up to this size, else the connection closes. */
const DRAIN_LIMIT = 64 * 1024;
/** Body pieces up to this size are collected until the end of the event. */
const COLLECT_LIMIT = 16 * 1024;

/** What the exchanges of one engine share. */
export interface UwsShared {
  readonly host: EngineHost;
  readonly inFlight: ConnectionList;
  readonly draining: boolean;
  /** False: there are as many requests as there may be. */
  admits(): boolean;
  /** Calls `onTurn` when µWS is no longer in the middle of a read. */
  nextTurn(exchange: UwsExchange): void;
}

/**
 * One request and the client's side of it. An instance serves the requests of one client address one after the other.
 *
 * While µWS works through what it has read, nothing is written: it closes the connection when it finds another request
 * there and the first has no response yet, but goes on to serve it when the response is complete, even a response that
 * closes the connection. A response is therefore never completed before the read is (rules A9 to A12, A14, C5).
 */
export class UwsExchange implements Downstream, Listed {
  previous: Listed | null = null;
  next: Listed | null = null;
  deadline = 0;
  readonly head = new RequestHead();
  readonly #shared: UwsShared;
  readonly #entry: PeerEntry<UwsExchange>;
  readonly #exchange: Exchange;
  readonly #body = new RequestBody();
  readonly #writer = new ResponseWriter();
  #response: UwsResponse | null = null;
  /** µWS is, or may be, in the middle of a read of this connection. */
  #parsing = false;
  #engineCloses = false;
  #closes = false;
  #bodyFailed = false;
  #outcome = WRITTEN;
  #blocked = false;
  #writableAsked = false;
  #ended = false;
  /** The exchange is over and accounted for. */
  #over = true;
  /** We closed the connection ourselves; the pipeline hears of it in the next turn. */
  #aborting = false;

  // One each for the life of the instance; µWS calls them for the request at hand.
  readonly #onAborted = (): void => this.#gone();
  readonly #onData = (chunk: ArrayBuffer, last: boolean): void => this.#receive(chunk, last);
  readonly #onWritable = (): boolean => {
    this.#write();
    return true;
  };
  readonly #writeCorked = (): void => {
    if (this.#response !== null) this.#outcome = this.#writer.write(this.#response);
  };

  constructor(shared: UwsShared, entry: PeerEntry<UwsExchange>, scheme: 'http' | 'https') {
    this.#shared = shared;
    this.#entry = entry;
    this.#exchange = new Exchange(this, this.head, entry.peer, scheme);
  }

  /** @param engineCloses µWS will close the connection after the response */
  begin(response: UwsResponse, engineCloses: boolean): void {
    const body = this.#body;
    this.#response = response;
    this.#engineCloses = engineCloses;
    this.#closes = false;
    this.#bodyFailed = false;
    this.#blocked = false;
    this.#writableAsked = false;
    this.#ended = false;
    this.#over = false;
    this.#aborting = false;
    this.deadline = 0;
    this.#writer.reset();
    body.begin(this.head.contentLength);
    response.onAborted(this.#onAborted);
    if (!body.done) response.onData(this.#onData);
    this.#enterRead();
    this.#shared.inFlight.add(this);
    this.#shared.host.onConnection(1);
    this.#exchange.begin();
    this.#shared.host.onExchange(this.#exchange);
    if (this.#response !== null && !body.done && body.sink === null) body.stopReading(response);
  }

  #enterRead(): void {
    if (this.#parsing) return;
    this.#parsing = true;
    this.#shared.nextTurn(this);
  }

  /** The read is over: what had to wait for that happens now. */
  onTurn(): void {
    this.#parsing = false;
    if (this.#aborting) this.#finishGone();
    else if (!this.#over) this.flush();
  }

  // --- request body --------------------------------------------------------------------------------------------

  get requestDone(): boolean {
    return this.#body.done;
  }

  startBody(sink: RequestBodySink): void {
    const body = this.#body;
    body.sink = sink;
    if (body.done) {
      sink.onRequestEnd('');
      return;
    }
    this.#armBodyDeadline();
    body.feed(this.#response);
  }

  pauseBody(): void {
    const body = this.#body;
    if (body.done || body.paused) return;
    body.paused = true;
    this.deadline = 0;
    if (this.#response !== null) body.stopReading(this.#response);
  }

  resumeBody(): void {
    const body = this.#body;
    if (!body.paused) return;
    body.paused = false;
    if (body.done) return;
    this.#armBodyDeadline();
    body.feed(this.#response);
  }

  #armBodyDeadline(): void {
    this.deadline = coarseClock.now + this.#shared.host.settings.limits.bodyIdleTimeout;
  }

  #receive(chunk: ArrayBuffer, last: boolean): void {
    const response = this.#response;
    // The rest of a body whose response is complete; µWS drops it.
    if (response === null) return;
    this.#enterRead();
    this.#exchange.bytesReceived += chunk.byteLength;
    this.#armBodyDeadline();
    if (!this.#body.receive(response, chunk, last)) this.abort();
    else if (this.#body.done && !this.#blocked) this.deadline = 0;
  }

  #failBody(code: ErrorCode): void {
    const { sink } = this.#body;
    this.#body.sink = null;
    this.#bodyFailed = true;
    sink?.onRequestFailed(code);
  }

  // --- response ------------------------------------------------------------------------------------------------

  get headSent(): boolean {
    return this.#writer.started;
  }

  /** µWS has no way to send one, but `100 Continue`, which it sends without being asked. */
  sendInformational(): void {}

  sendHead(status: number, reason: string, lines: string, framing: number, length: number): void {
    const { head } = this;
    // What is left of a body is read and dropped behind the response only if that is cheap (rules C4, C5).
    const unread = !this.#body.done && this.#body.remaining > DRAIN_LIMIT;
    this.#closes = this.#bodyFailed || unread || !head.keepAlive || this.#shared.draining;
    this.#exchange.status = status;
    const toHead = head.method === 'HEAD';
    this.#writer.begin(status, reason, lines, framing, length, toHead, this.#closes, this.#engineCloses);
  }

  sendBody(input: Buffer, start: number, end: number): boolean {
    const length = end - start;
    this.#exchange.bytesSent += length;
    if (this.#response === null) return true;
    const writer = this.#writer;
    const direct = !this.#parsing && !this.#blocked;
    if (direct && writer.isWhole(length)) {
      writer.add(input.subarray(start, end));
      writer.end();
      this.#write();
    } else if (direct && length > COLLECT_LIMIT) {
      writer.add(input.subarray(start, end));
      this.#write();
      writer.retain();
    } else {
      writer.add(retain(input, start, end));
    }
    return !this.#blocked;
  }

  endBody(): void {
    this.#ended = true;
    this.#writer.end();
    if (this.#response === null) this.#finish();
    else this.flush();
  }

  flush(): void {
    if (!this.#parsing && !this.#blocked && this.#writer.pending) this.#write();
  }

  #write(): void {
    const response = this.#response;
    if (response === null) return;
    const wasBlocked = this.#blocked;
    if (this.#writer.ended) this.#prepareEnd(response);
    response.cork(this.#writeCorked);
    // Narrowed by the check above, but `#gone` may have run since.
    if ((this.#response as UwsResponse | null) === null) return;
    this.#blocked = this.#outcome === BLOCKED;
    if (this.#outcome === COMPLETE) {
      this.#response = null;
      if (this.#ended) this.#finish();
    } else if (this.#outcome === MISFRAMED) {
      this.abort();
    } else if (this.#blocked) {
      this.#waitForClient(response);
    } else if (wasBlocked) {
      this.deadline = 0;
      if (!this.#body.done && this.#body.sink !== null && !this.#body.paused) this.#armBodyDeadline();
      this.#exchange.events?.onDrain();
    }
  }

  /**
   * What µWS is not reading when the response is complete it never reads again. That is right for a connection that is to
   * be closed: not all ways to end a response can close it at once, and then its idle timeout does.
   */
  #prepareEnd(response: UwsResponse): void {
    if (this.#closes || this.#engineCloses) this.#body.stopReading(response);
    else this.#body.startReading(response);
  }

  #waitForClient(response: UwsResponse): void {
    this.#armBodyDeadline();
    if (this.#writableAsked) return;
    this.#writableAsked = true;
    response.onWritable(this.#onWritable);
  }

  abort(): void {
    if (this.#over || this.#aborting) return;
    this.#aborting = true;
    this.#response?.close();
    this.#enterRead();
  }

  // --- ends ----------------------------------------------------------------------------------------------------

  /** From µWS: the connection is gone before the response was complete. */
  #gone(): void {
    this.#response = null;
    if (!this.#aborting) this.#finishGone();
  }

  #finishGone(): void {
    this.#aborting = false;
    this.#response = null;
    if (this.#over) return;
    this.#exchange.events?.onClientGone();
    this.#endExchange();
  }

  #finish(): void {
    if (this.#over) return;
    // While a body is still arriving µWS keeps calling this instance, so it must not serve anyone else.
    const reusable = this.#body.done && !this.#parsing;
    this.#endExchange();
    if (reusable) this.#entry.give(this);
  }

  #endExchange(): void {
    this.#over = true;
    this.deadline = 0;
    this.#body.sink = null;
    this.#shared.inFlight.remove(this);
    this.#exchange.events = null;
    this.#shared.host.onExchangeEnd(this.#exchange);
    this.#shared.host.onConnection(-1);
  }

  onShutdown(until: number): void {
    this.#exchange.events?.onShutdown(until);
  }

  onDeadline(): void {
    this.deadline = 0;
    if (this.#blocked) this.abort();
    else if (!this.#body.done) this.#failBody('request_timeout');
  }

  /**
   * µWS cuts a client that sends less than 16 KB a second, and one that reads nothing, after ten seconds. Here
   * `body_idle_timeout` rules, shorter or longer.
   */
  restartTimer(): void {
    if (this.deadline !== 0 && this.#response !== null) this.#body.restartTimer(this.#response);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.abort();
  }
}

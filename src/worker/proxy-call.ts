import type { Listed } from '../engine/connection-list.ts';
import type { RequestBodySink } from '../engine/downstream.ts';
import type { ErrorCode } from '../http/errors.ts';
import { BODY_NONE } from '../http/framing.ts';
import { NO_STATUS } from '../http/grpc-status.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { filterTrailers } from '../http/trailers.ts';
import type { ByteStream } from '../shared/byte-stream.ts';
import { coarseClock, exactNow } from '../shared/coarse-clock.ts';
import { retain } from '../shared/read-buffer.ts';
import { isProbe, REFUSED } from '../upstream/admission.ts';
import type { PickContext } from '../upstream/pick-context.ts';
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
} from '../upstream/transports/upstream-call.ts';
import type { CompiledRoute, RetryRules } from './compiled-route.ts';
import { forbidsRetry, type GrpcCall } from './grpc-call.ts';
import type { UpstreamRuntime } from './upstream-registry.ts';

/** What the call needs from the exchange it works for. */
export interface ProxyClient {
  /** Head of the request for that endpoint; may be asked again for every try. */
  upstreamHead(runtime: UpstreamRuntime, endpoint: number): string;
  readonly pickContext: PickContext;
  startRequestBody(sink: RequestBodySink): void;
  pauseRequestBody(): void;
  resumeRequestBody(): void;
  onUpstreamInformational(status: number, lines: string): void;
  onUpstreamHead(head: ResponseHead): void;
  /** `input[start, end)`, valid until this returns. */
  onUpstreamData(input: Buffer, start: number, end: number): void;
  onUpstreamEnd(trailers: string): void;
  onUpstreamReadEnd(): void;
  /** @returns `''`, or why this 101 is no answer to the request (rule C11) */
  checkSwitch(head: ResponseHead): string;
  /** The endpoint has switched protocols; the stream is the call's until `cancel`. */
  onUpstreamSwitched(head: ResponseHead, stream: ByteStream): void;
  /** No response will come, or no more of it. */
  onUpstreamFailed(code: ErrorCode, detail: string): void;
}

const PHASE_OVER = 0;
const PHASE_QUEUED = 1;
const PHASE_CONNECT = 2;
const PHASE_REQUEST = 3;
const PHASE_HEAD = 4;
const PHASE_BODY = 5;
const PHASE_TUNNEL = 6;

const NEVER = Number.MAX_SAFE_INTEGER;
export const NO_RESET = -1;

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);
/** May be sent twice for the sake of another request, so these may share a connection with others. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The upstream half of an exchange: breaker, choice of endpoint, tries, deadlines, and the request body with what is
 * kept of it for a replay. One instance serves a client connection's exchanges one after the other.
 */
export class ProxyCall implements UpstreamCall, RequestBodySink, Listed {
  previous: Listed | null = null;
  next: Listed | null = null;
  deadline = 0;

  readonly #client: ProxyClient;
  readonly #list: { add(member: Listed): void; remove(member: Listed): void };
  #route!: CompiledRoute;
  #rules!: RetryRules;
  #runtime!: UpstreamRuntime;
  #admission = REFUSED;
  #connection: UpstreamConnection | null = null;
  #phase = PHASE_OVER;
  #stream: ByteStream | null = null;
  /** The response is a stream of events: other limits count. */
  #events = false;
  #toHead = false;
  #upgrade = false;
  #idempotent = false;
  #shareable = false;
  #bodyFollows = false;
  #chunkedBody = false;
  #bodyStarted = false;
  #bodyEnded = false;
  #trailers = '';
  /** Body pieces of the request, as long as they may have to be sent again. */
  #kept: Buffer[] | null = null;
  #keptBytes = 0;
  #uploadBlocked = false;
  #downloadPaused = false;
  #tried: number[] | null = null;
  #staleRetried = false;
  #tryStartedAt = 0;
  #callStartedAt = 0;
  #requestSentAt = 0;
  #lastActivity = 0;
  /** When the client gives up, if it says so; 0: it does not. */
  #givenUpAt = 0;
  /** Null for all that is no gRPC. */
  #grpc: GrpcCall | null = null;
  /** The breaker has its outcome: that of the response head, so that a long stream holds no permit of it. */
  #settled = false;
  #held = false;
  #heldChunks: Buffer[] = [];
  /** Trailers of a response that ended while it was held. */
  #heldEnd: string | null = null;
  /** An upstream was chosen. */
  entered = false;
  /** Error code of HTTP/2 with which the endpoint has ended the last try; NO_RESET if it has not. */
  resetCode = NO_RESET;

  /** Index of the endpoint of the current or last try; -1 before the first. */
  endpoint = -1;
  /** Tries after the first one. */
  retries = 0;

  constructor(client: ProxyClient, list: { add(member: Listed): void; remove(member: Listed): void }) {
    this.#client = client;
    this.#list = list;
  }

  get runtime(): UpstreamRuntime {
    return this.#runtime;
  }

  /** The client waits no longer than this: `performance.now()` milliseconds, 0 when it does not say. Before `begin`. */
  set givenUpAt(at: number) {
    this.#givenUpAt = at;
  }

  /** The next request is a call of gRPC. Before `begin`. */
  set grpc(call: GrpcCall | null) {
    this.#grpc = call;
  }

  /**
   * @param chunkedBody the request body goes out in chunks
   * @param upgrade the request asks for another protocol
   * @param startedAt `performance.now()` of the exchange
   */
  begin(
    route: CompiledRoute,
    method: string,
    bodyFollows: boolean,
    chunkedBody: boolean,
    upgrade: boolean,
    startedAt: number,
  ): void {
    this.#route = route;
    this.#rules = route.retries!;
    this.#held = false;
    this.#events = false;
    this.#settled = false;
    this.entered = false;
    this.resetCode = NO_RESET;
    this.endpoint = -1;
    this.retries = 0;
    this.#toHead = method === 'HEAD';
    this.#idempotent = IDEMPOTENT.has(method);
    this.#upgrade = upgrade;
    this.#shareable = !bodyFollows && !upgrade && SAFE.has(method);
    this.#bodyFollows = bodyFollows;
    this.#chunkedBody = chunkedBody;
    this.#bodyStarted = false;
    this.#bodyEnded = !bodyFollows;
    this.#trailers = '';
    this.#kept = null;
    this.#keptBytes = 0;
    this.#uploadBlocked = false;
    this.#downloadPaused = false;
    this.#tried = null;
    this.#staleRetried = false;
    this.#callStartedAt = coarseClock.now;
    this.#requestSentAt = 0;

    const runtime = route.chooseTarget();
    if (runtime === undefined) {
      this.#client.onUpstreamFailed('no_healthy_endpoint', 'all targets of the route have weight 0');
      return;
    }
    this.#runtime = runtime;
    this.entered = true;
    this.#admission = runtime.group.admit(startedAt);
    if (this.#admission === REFUSED) {
      this.#client.onUpstreamFailed('circuit_open', `upstream ${runtime.record.name}`);
      return;
    }
    if (bodyFollows && this.#mayEverRetry(runtime)) this.#kept = [];
    runtime.group.noteRequest(this.#rules.budget, startedAt);
    this.#list.add(this);
    this.#startTry(startedAt, false);
  }

  /**
   * Once the body has begun, other methods are repeated only over HTTP/2, where an endpoint can say that it did not begin
   * with a request.
   */
  #mayEverRetry({ record }: UpstreamRuntime): boolean {
    return this.#idempotent || record.protocol !== 'h1';
  }

  // --- tries ---------------------------------------------------------------------------------------------------

  /** @param fixed the endpoint to go to; -1 for the balancer's choice */
  #startTry(now: number, fresh: boolean, fixed = -1): void {
    const runtime = this.#runtime;
    const group = runtime.group;
    const context = this.#client.pickContext;
    let endpoint = fixed;
    if (endpoint < 0 && runtime.record.sticky !== null && this.#tried === null)
      endpoint = group.stickyIndex(context, now);
    if (endpoint < 0) endpoint = group.pick(context, this.#tried, now);
    if (endpoint < 0) {
      this.#fail('no_healthy_endpoint', `upstream ${runtime.record.name}`);
      return;
    }
    this.endpoint = endpoint;
    this.resetCode = NO_RESET;
    this.#tryStartedAt = now;
    runtime.begin(endpoint);
    this.#phase = PHASE_QUEUED;
    const connection = runtime.pools[endpoint]!.request(
      this,
      fresh,
      this.#shareable && this.#tried === null ? this.#patience() : 0,
      now,
    );
    if (connection === null) this.#arm();
    else this.onConnection(connection);
  }

  /** Milliseconds for which a try waits for its response. */
  #patience(): number {
    const { firstByte, total } = this.#runtime.record.timeouts;
    const limit = Math.min(firstByte, this.#route.proxy!.timeout, total === 0 ? NEVER : total);
    const perTry = this.#rules.perTryTimeout;
    return perTry > 0 ? Math.min(limit, perTry) : limit;
  }

  onConnection(connection: UpstreamConnection): void {
    this.#connection = connection;
    if (connection.connected) this.#runtime.metrics.connectionReused();
    this.#phase = connection.connected ? PHASE_REQUEST : PHASE_CONNECT;
    const text = this.#client.upstreamHead(this.#runtime, this.endpoint);
    connection.sendHead(text, this.#bodyFollows, this.#chunkedBody, this.#toHead, this.#upgrade);
    // A body that nobody has asked for yet can still go to another endpoint, however large it is.
    if (connection.connected || this.#bodyStarted) this.#sendBody(connection);
    if (this.#bodyFollows) connection.flushHead();
    this.#requestProgress();
  }

  #sendBody(connection: UpstreamConnection): void {
    if (!this.#bodyFollows) return;
    if (!this.#bodyStarted) {
      this.#bodyStarted = true;
      this.#client.startRequestBody(this);
      return;
    }
    let more = true;
    this.#uploadBlocked = false;
    for (const chunk of this.#kept ?? []) more = connection.write(chunk);
    if (this.#bodyEnded) connection.endRequest(this.#trailers);
    else if (more) this.#client.resumeRequestBody();
    else this.#uploadBlocked = true;
  }

  onConnected(): void {
    if (this.#phase !== PHASE_CONNECT) return;
    this.#phase = PHASE_REQUEST;
    exactNow();
    if (!this.#bodyStarted) this.#sendBody(this.#connection!);
    this.#requestProgress();
  }

  /** Goes on to wait for the response when the request has left. */
  #requestProgress(): void {
    if (this.#phase === PHASE_REQUEST && this.#bodyEnded) {
      this.#phase = PHASE_HEAD;
      this.#lastActivity = coarseClock.now;
      if (this.#requestSentAt === 0) this.#requestSentAt = coarseClock.now;
    }
    this.#arm();
  }

  // --- request body --------------------------------------------------------------------------------------------

  onRequestData(chunk: Buffer): void {
    if (this.#phase === PHASE_OVER) return;
    if (this.#grpc !== null) this.#grpc.readRequest(chunk);
    this.#keep(chunk);
    const connection = this.#connection;
    this.#lastActivity = coarseClock.now;
    if (connection === null) {
      this.#client.pauseRequestBody();
      return;
    }
    if (!connection.write(chunk)) {
      this.#uploadBlocked = true;
      this.#client.pauseRequestBody();
      this.#arm();
    }
  }

  /**
   * Keeps a piece for a replay until the cap; beyond it the exchange can no longer be repeated. While another try waits for
   * its connection, what is kept has still to be sent.
   */
  #keep(chunk: Buffer): void {
    if (this.#kept === null) return;
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > this.#rules.bodyLimit && this.#connection !== null) this.#kept = null;
    else this.#kept.push(retain(chunk));
  }

  onRequestEnd(trailers: string): void {
    if (this.#phase === PHASE_OVER) return;
    this.#bodyEnded = true;
    this.#trailers = filterTrailers(trailers);
    if (this.#connection === null) return;
    exactNow();
    this.#connection.endRequest(this.#trailers);
    this.#requestProgress();
  }

  onRequestFailed(code: ErrorCode): void {
    if (this.#phase === PHASE_OVER) return;
    this.#abandonTry();
    this.#release();
    this.#end();
    this.#client.onUpstreamFailed(code, '');
  }

  onUpstreamDrain(): void {
    this.#uploadBlocked = false;
    this.#lastActivity = coarseClock.now;
    if (!this.#bodyEnded && this.#bodyStarted) this.#client.resumeRequestBody();
    this.#arm();
  }

  // --- response ------------------------------------------------------------------------------------------------

  onInformational(status: number, lines: string): void {
    this.#client.onUpstreamInformational(status, lines);
  }

  onResponseHead(head: ResponseHead): void {
    const now = exactNow();
    const status = head.status;
    this.#lastActivity = coarseClock.now;
    this.#runtime.metrics.response(status);
    if (status === 407) {
      this.#abandonTry();
      this.#settleAndFail('upstream_proxy_auth', 'the endpoint answered 407');
      return;
    }
    if (this.#rules.onStatus(status) && this.#idempotent && this.#mayRetry()) {
      this.#noteFailedTry();
      this.#abandonTry();
      this.#retry(false);
      return;
    }
    if (this.#grpc !== null && this.#repeatsCall(this.#grpc, head)) return;
    this.#phase = PHASE_BODY;
    this.#events = head.eventStream;
    this.#kept = null;
    if (this.#grpc === null || status !== 200) this.#settle(isSuccess(status), now);
    else this.#settleCall(this.#grpc, now);
    this.#arm();
    this.#client.onUpstreamHead(head);
  }

  /**
   * A head that has a status is all of the response, and nothing of it has reached the client. A call is a POST, so it is
   * repeated only if whoever runs the gateway has named the status.
   */
  #repeatsCall(call: GrpcCall, head: ResponseHead): boolean {
    call.readHead(head);
    if (!this.#rules.onGrpcStatus(call.status) || head.status !== 200 || head.bodyKind !== BODY_NONE)
      return false;
    if (forbidsRetry(head.headers) || (this.#givenUpAt !== 0 && coarseClock.now >= this.#givenUpAt))
      return false;
    if (!this.#mayRetry()) return false;
    if (call.failed && !call.undecided) this.#noteFailedTry();
    this.#abandonTry();
    this.#retry(false);
    return true;
  }

  /**
   * The trailers tell how a call has ended. One that has begun to answer with messages has gone well as far as the breaker
   * is concerned, and a probe of it cannot wait even for those: a stream may have no news for long.
   */
  #settleCall(call: GrpcCall, now: number): void {
    if (call.status !== NO_STATUS) this.#settleByStatus(call, now);
    else if (isProbe(this.#admission)) this.#settle(true, now);
  }

  onSwitched(head: ResponseHead, stream: ByteStream): void {
    this.#connection = null;
    this.#runtime.metrics.response(head.status);
    const problem = this.#client.checkSwitch(head);
    if (problem !== '') {
      stream.abort();
      this.onFailure(FAILURE_MALFORMED, problem);
      return;
    }
    this.#phase = PHASE_TUNNEL;
    this.#stream = stream;
    this.#kept = null;
    this.#settle(true, performance.now());
    // From now on the limits of the tunnel count, not those of a response.
    this.#list.remove(this);
    this.#client.onUpstreamSwitched(head, stream);
  }

  onResponseData(input: Buffer, start: number, end: number): void {
    this.#lastActivity = coarseClock.now;
    if (!this.#settled) this.#settle(true, this.#lastActivity);
    if (this.#grpc !== null) this.#grpc.readResponse(input, start, end);
    if (this.#held) this.#heldChunks.push(retain(input, start, end));
    else this.#client.onUpstreamData(input, start, end);
  }

  onResponseEnd(trailers: string): void {
    this.#connection = null;
    this.#runtime.end(this.endpoint);
    if (this.#grpc !== null) this.#endCall(this.#grpc, trailers);
    this.#end();
    if (this.#held) this.#heldEnd = trailers;
    else this.#client.onUpstreamEnd(trailers);
  }

  #endCall(call: GrpcCall, trailers: string): void {
    call.readTrailers(trailers);
    if (!this.#settled) this.#settleByStatus(call, exactNow());
  }

  #settleByStatus(call: GrpcCall, now: number): void {
    if (call.undecided) this.#release();
    else this.#settle(!call.failed, now);
  }

  /** The response body waits until `releaseResponse`: a plugin is still busy with the head. */
  holdResponse(): void {
    if (this.#held) return;
    this.#held = true;
    this.#connection?.pause();
  }

  releaseResponse(): void {
    if (!this.#held) return;
    this.#held = false;
    // A piece that a plugin refuses ends the exchange: what is behind it is thrown away then.
    while (this.#heldChunks.length > 0) {
      const chunk = this.#heldChunks.shift()!;
      this.#client.onUpstreamData(chunk, 0, chunk.length);
    }
    const trailers = this.#heldEnd;
    if (trailers !== null) {
      this.#heldEnd = null;
      this.#client.onUpstreamEnd(trailers);
      return;
    }
    this.#client.onUpstreamReadEnd();
    if (!this.#downloadPaused) this.#connection?.resume();
  }

  onReadEnd(): void {
    if (!this.#held) this.#client.onUpstreamReadEnd();
  }

  /** The client is slow: stop reading from the endpoint (rule C17). */
  pauseDownload(): void {
    if (this.#phase === PHASE_OVER) return;
    this.#downloadPaused = true;
    this.#connection?.pause();
  }

  resumeDownload(): void {
    if (!this.#downloadPaused) return;
    this.#downloadPaused = false;
    this.#lastActivity = coarseClock.now;
    this.#arm();
    if (!this.#held) this.#connection?.resume();
  }

  #settle(ok: boolean, now: number): void {
    this.#settled = true;
    const group = this.#runtime.group;
    if (ok) group.succeeded(this.endpoint, now - this.#tryStartedAt, now);
    else group.failed(this.endpoint, now);
    group.settle(this.#admission, ok, now);
  }

  // --- failures ------------------------------------------------------------------------------------------------

  onFailure(failure: number, detail: string, resetCode = NO_RESET): void {
    this.#connection = null;
    this.resetCode = resetCode;
    this.#runtime.end(this.endpoint);
    const endpoint = this.#runtime.record.endpoints[this.endpoint]!.address;
    switch (failure) {
      case FAILURE_CONNECT:
        this.#unreached('upstream_connect_failed', `${endpoint}: ${detail}`);
        break;
      case FAILURE_STALE:
        this.#onStale(endpoint, detail);
        break;
      case FAILURE_REFUSED:
        this.#onRefused(endpoint, detail);
        break;
      case FAILURE_UNSUPPORTED:
        // Anybody can ask for a WebSocket: it must not count against the endpoint.
        this.#fail('upgrade_not_allowed', `${endpoint}: ${detail}`);
        break;
      case FAILURE_RESET:
        this.#failedTry(this.#rules.onReset && this.#idempotent, 'upstream_reset', `${endpoint}: ${detail}`);
        break;
      case FAILURE_MALFORMED:
        this.#noteFailedTry();
        this.#settleAndFail('upstream_bad_response', `${endpoint}: ${detail}`);
        break;
      case FAILURE_TRUNCATED:
        this.#noteFailedTry();
        this.#settleAndFail('upstream_reset', `${endpoint}: response cut short: ${detail}`);
        break;
      default:
        this.#settleAndFail('internal', `unknown failure ${failure}`);
    }
  }

  /** Rule C13: the endpoint has not touched the request, so any method may be repeated; once it costs no retry. */
  #onRefused(endpoint: string, detail: string): void {
    if (!this.#staleRetried && this.#replayable()) {
      this.#staleRetried = true;
      this.#startTry(performance.now(), false);
      return;
    }
    this.#failedTry(this.#rules.onConnectFailure, 'upstream_reset', `${endpoint}: ${detail}`);
  }

  /** Rule C14: nobody is to blame for a kept-alive connection that closed just now; once, on a new one. */
  #onStale(endpoint: string, detail: string): void {
    if (this.#idempotent && !this.#staleRetried && this.#replayable()) {
      this.#staleRetried = true;
      this.#startTry(exactNow(), true, this.endpoint);
      return;
    }
    this.#failedTry(this.#rules.onReset && this.#idempotent, 'upstream_reset', `${endpoint}: ${detail}`);
  }

  #failedTry(repeatable: boolean, code: ErrorCode, detail: string): void {
    this.#noteFailedTry();
    if (repeatable && this.#mayRetry()) this.#retry(true);
    else this.#settleAndFail(code, detail);
  }

  /** Nothing has reached a service, so that another try adds no load to any: the budget does not count it. */
  #unreached(code: ErrorCode, detail: string): void {
    this.#noteFailedTry();
    if (this.#rules.onConnectFailure && this.#mayRetry(this.#rules.budget > 0)) this.#retry(false);
    else this.#settleAndFail(code, detail);
  }

  #noteFailedTry(): void {
    this.#runtime.group.failed(this.endpoint, exactNow());
  }

  #replayable(): boolean {
    return !this.#bodyStarted || this.#kept !== null;
  }

  /** Rule C13: attempts, body, time and budget all have to allow another try. */
  #mayRetry(withoutBudget = false): boolean {
    if (this.retries >= this.#rules.attempts) return false;
    const { metrics, group } = this.#runtime;
    if (!this.#replayable()) {
      metrics.retryAbandoned('body');
      return false;
    }
    if (this.#requestSentAt !== 0 && coarseClock.now - this.#requestSentAt >= this.#route.proxy!.timeout) {
      metrics.retryAbandoned('timeout');
      return false;
    }
    if (!withoutBudget && !group.mayRetry(this.#rules.budget, exactNow())) {
      metrics.retryAbandoned('budget');
      return false;
    }
    return true;
  }

  #retry(fresh: boolean): void {
    this.retries++;
    this.#runtime.metrics.retry();
    if (this.#tried === null) this.#tried = [this.endpoint];
    else this.#tried.push(this.endpoint);
    this.#startTry(exactNow(), fresh);
  }

  #abandonTry(late = false): void {
    if (this.#phase === PHASE_QUEUED && this.#connection === null)
      this.#runtime.pools[this.endpoint]!.cancel(this);
    const connection = this.#connection;
    this.#connection = null;
    connection?.abandon(late);
    this.#stream?.abort();
    this.#stream = null;
    this.#runtime.end(this.endpoint);
  }

  #settleAndFail(code: ErrorCode, detail: string): void {
    this.#runtime.metrics.failure(code);
    if (!this.#settled) this.#runtime.group.settle(this.#admission, false, exactNow());
    this.#end();
    this.#client.onUpstreamFailed(code, detail);
  }

  /** Before any try: neither success nor failure for the breaker. */
  #fail(code: ErrorCode, detail: string): void {
    this.#release();
    this.#end();
    this.#client.onUpstreamFailed(code, detail);
  }

  #release(): void {
    if (!this.#settled) this.#runtime.group.release(this.#admission);
    this.#settled = true;
  }

  /** The client went away or the gateway answered by itself: cancel whatever is going on. */
  cancel(): void {
    this.#held = false;
    if (this.#heldChunks.length > 0) this.#heldChunks = [];
    this.#heldEnd = null;
    if (this.#phase === PHASE_OVER) return;
    // A stream of events has no end that a shared connection could wait for.
    this.#abandonTry(this.#events);
    this.#release();
    this.#end();
  }

  #end(): void {
    this.#phase = PHASE_OVER;
    this.deadline = 0;
    this.#kept = null;
    this.#list.remove(this);
  }

  // --- deadlines -----------------------------------------------------------------------------------------------

  /** Sets the next moment at which something could be late. */
  #arm(): void {
    this.deadline = Math.min(this.#phaseLimit(), this.#totalLimit());
  }

  #totalLimit(): number {
    const total = this.#runtime.record.timeouts.total;
    const limit = total === 0 || this.#events ? NEVER : this.#callStartedAt + total;
    return this.#givenUpAt === 0 ? limit : Math.min(limit, this.#givenUpAt);
  }

  #phaseLimit(): number {
    const timeouts = this.#runtime.record.timeouts;
    switch (this.#phase) {
      case PHASE_QUEUED:
      case PHASE_CONNECT:
        return coarseClock.now + timeouts.connect;
      case PHASE_REQUEST:
        return this.#uploadBlocked ? this.#lastActivity + timeouts.idle : NEVER;
      case PHASE_HEAD: {
        const sent = this.#lastActivity;
        let limit = Math.min(sent + timeouts.firstByte, this.#requestSentAt + this.#route.proxy!.timeout);
        if (this.#rules.perTryTimeout > 0) limit = Math.min(limit, sent + this.#rules.perTryTimeout);
        return limit;
      }
      case PHASE_BODY:
        return this.#downloadPaused ? NEVER : this.#silenceLimit();
      default:
        return NEVER;
    }
  }

  /** Events come when there is news: silence is no fault unless the route says so (rule E4). */
  #silenceLimit(): number {
    if (!this.#events) return this.#lastActivity + this.#runtime.record.timeouts.idle;
    const { idleTimeout } = this.#route.proxy!.eventStream;
    return idleTimeout === 0 ? NEVER : this.#lastActivity + idleTimeout;
  }

  onDeadline(now: number): void {
    const phase = this.#phase;
    if (now >= this.#totalLimit()) {
      this.#abandonTry(true);
      const isClients = now >= this.#givenUpAt && this.#givenUpAt !== 0;
      const detail = isClients ? 'grpc-timeout exceeded' : 'timeouts.total exceeded';
      // Else anybody could open the breaker with deadlines that no service can keep.
      if (isClients && this.#grpc?.hurried) this.#release();
      this.#settleAndFail('upstream_timeout', detail);
      return;
    }
    // Activity since the deadline was set has moved the real one.
    if (phase === PHASE_BODY || phase === PHASE_REQUEST) {
      const limit = this.#phaseLimit();
      if (now < limit) {
        this.deadline = limit === NEVER ? now + this.#runtime.record.timeouts.idle : limit;
        return;
      }
    }
    const connecting = this.#runtime.pools[this.endpoint]!.connecting === true;
    this.#abandonTry(true);
    const endpoint = this.#runtime.record.endpoints[this.endpoint]!.address;
    switch (phase === PHASE_QUEUED && connecting ? PHASE_CONNECT : phase) {
      case PHASE_QUEUED:
        this.#runtime.metrics.failure('pool_exhausted');
        this.#fail('pool_exhausted', `${endpoint}: no connection became free`);
        break;
      case PHASE_CONNECT:
        this.#unreached('upstream_timeout', `${endpoint}: connect timeout`);
        break;
      case PHASE_HEAD: {
        const overall = now >= this.#requestSentAt + this.#route.proxy!.timeout;
        this.#failedTry(
          !overall && this.#rules.onTimeout && this.#idempotent,
          'upstream_timeout',
          `${endpoint}: no response`,
        );
        break;
      }
      default:
        this.#noteFailedTry();
        this.#settleAndFail('upstream_timeout', `${endpoint}: idle for too long`);
    }
  }
}

/** 501 and 505 are about the request; all other server errors are about the service. */
function isSuccess(status: number): boolean {
  return status < 500 || status === 501 || status === 505;
}

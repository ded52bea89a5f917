import type { DownstreamEvents, RequestBodySink } from '../engine/downstream.ts';
import type { Exchange } from '../engine/exchange.ts';
import { statesTooMuch } from '../http/body-limit.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../http/errors.ts';
import { KIND_CONTENT_LENGTH } from '../http/field-kind.ts';
import { DROP_REMOVED_AND_LENGTH } from '../http/forwarding.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from '../http/framing.ts';
import { formatGrpcTimeout, isGrpc, parseGrpcTimeout } from '../http/grpc.ts';
import { HeaderBlock } from '../http/header-block.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { asksForWebSocket, UPGRADE_LINES } from '../http/websocket-handshake.ts';
import type { PluginReply } from '../plugins/api.ts';
import { METHOD_NOT_ALLOWED } from '../routing/matcher.ts';
import type { RedirectAction } from '../routing/model.ts';
import type { ByteStream } from '../shared/byte-stream.ts';
import type { ControlResponseMessage } from '../shared/messages.ts';
import type { PickContext } from '../upstream/pick-context.ts';
import { accountFor } from './accounting.ts';
import type { Chain, ChainLink } from './chain.ts';
import type { CompiledRoute } from './compiled-route.ts';
import { ControlCall, type ControlClient } from './control-call.ts';
import { ExchangeContext } from './exchange-context.ts';
import { GrpcCall } from './grpc-call.ts';
import { GrpcWebTextBody, takeGrpcWeb } from './grpc-web-request.ts';
import { HookRunner } from './hook-runner.ts';
import { needsHttps } from './https-redirect.ts';
import { LocalReply } from './local-reply.ts';
import type { Plane } from './plane.ts';
import { ProxyCall, type ProxyClient } from './proxy-call.ts';
import { redirectLocation } from './redirect-location.ts';
import { RequestFilter, type RequestFilterHost } from './request-filter.ts';
import { ResponseSender } from './response-sender.ts';
import type { UpstreamRuntime } from './upstream-registry.ts';
import {
  forwardedLines,
  framingLine,
  hostLine,
  isLoop,
  maxForwards,
  TAKES_TRAILERS,
} from './upstream-request.ts';
import { refuseWebSocket, VERSION_LINES } from './websocket-admission.ts';
import { WebSocketSession } from './websocket-session.ts';

const ANY_METHOD = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/**
 * One exchange on its way through the worker: route, plugin chain, upstream or local reply, accounting. An instance
 * serves all exchanges of a client connection one after the other.
 */
export class Transaction implements DownstreamEvents, ProxyClient, RequestFilterHost, ControlClient {
  readonly #exchange: Exchange;
  readonly #plane: Plane;
  readonly #context: ExchangeContext;
  readonly #hooks: HookRunner;
  readonly #response: ResponseSender;
  readonly #call: ProxyCall;
  #proxied = false;
  /** A request for the gateway itself. */
  #control: ControlCall | null = null;
  #webSocket: WebSocketSession | null = null;
  /** The gateway shuts down: what begins now ends soon. */
  #leaving = false;
  #requestFilter: RequestFilter | null = null;
  // The request body flows while neither a busy hook nor a slow endpoint holds it up.
  #requestHeld = false;
  #requestBlocked = false;
  /** When a gRPC client gives up; 0 when it does not say. */
  #givenUpAt = 0;
  /** Lines the endpoint sees, when an onUpstreamRequest hook has edited them. */
  #editedLines: string | null = null;

  constructor(exchange: Exchange, plane: Plane) {
    this.#exchange = exchange;
    this.#plane = plane;
    this.#context = new ExchangeContext(exchange, plane.generation);
    this.#hooks = new HookRunner(this.#context, (plugin, error) => this.#pluginFailed(plugin, error));
    this.#response = new ResponseSender(this.#context, this.#hooks, plane.calls, (plugin, error) =>
      this.#bodyHookFailed(plugin, error, 'upstream_bad_response'),
    );
    this.#call = new ProxyCall(this, plane.calls);
    exchange.owner = this;
  }

  // --- request ---------------------------------------------------------------------------------------------------

  begin(): void {
    const exchange = this.#exchange;
    const { generation } = this.#plane;
    exchange.events = this;
    generation.enter();
    this.#proxied = false;
    this.#requestFilter = null;
    this.#requestHeld = false;
    this.#requestBlocked = false;
    this.#editedLines = null;
    this.#context.begin(generation);
    this.#response.begin();

    const { head } = exchange;
    if (head.method === 'TRACE' || head.method === 'CONNECT') this.#answerError('method_not_implemented');
    else if (isLoop(head, generation.via)) this.#answerError('loop_detected');
    else if (generation.settings.redirectToHttps !== 0 && needsHttps(exchange)) this.#redirectToHttps();
    else if (head.method !== 'OPTIONS' || !this.#answersOptionsItself()) this.#findRoute();
  }

  #redirectToHttps(): void {
    const { head } = this.#exchange;
    const port = this.#context.generation.settings.redirectToHttps;
    const authority = port === 443 ? head.host : `${head.host}:${port}`;
    const target = head.path === '*' ? '/' : head.path + head.search;
    this.#response.sendLocal(new LocalReply(308, `Location: https://${authority}${target}\r\n`, null));
  }

  /** `OPTIONS *`, and OPTIONS at the end of its Max-Forwards (rule B5). */
  #answersOptionsItself(): boolean {
    const { head } = this.#exchange;
    const left = maxForwards(head);
    if (head.path !== '*' && left !== 0) {
      if (left > 0) head.headers.set('Max-Forwards', String(left - 1));
      return false;
    }
    this.#response.sendLocal(new LocalReply(204, `Allow: ${ANY_METHOD}\r\n`, null));
    return true;
  }

  #findRoute(): void {
    const { head } = this.#exchange;
    const { snapshot } = this.#context.generation;
    const index = snapshot.find(head.host, head.path, head.method, this.#context);
    if (index >= 0) this.#enterRoute(index);
    else if (index === METHOD_NOT_ALLOWED) this.#methodNotAllowed();
    else this.#answerError('no_route');
  }

  #compiled(index: number): CompiledRoute {
    return this.#context.generation.route(index, this.#plane.upstreams, this.#plane.recorder);
  }

  #enterRoute(index: number): void {
    const route = this.#compiled(index);
    if (route.takesGrpc) this.#context.grpcWeb = takeGrpcWeb(this.#exchange.head);
    this.#context.setRoute(route, index);
    if (route.unavailable !== '') this.#answerError('plugin_unavailable', route.unavailable);
    else if (route.chain === null) this.#act();
    else if (route.chain.preflight.length > 0 && this.#preflightMethod() !== '')
      this.#runPreflight(route.chain);
    else this.#runRequestHooks(route.chain.onRequest);
  }

  /** The method a CORS preflight asks about; `''` when the request is none. */
  #preflightMethod(): string {
    const { method, headers } = this.#exchange.head;
    if (method !== 'OPTIONS' || !headers.has('origin')) return '';
    return headers.get('access-control-request-method') ?? '';
  }

  /** Preflights carry no credentials, so whoever answers them comes before authentication. */
  #runPreflight(chain: Chain): void {
    const view = this.#context.view!;
    this.#hooks.run<PluginReply>(
      chain.preflight,
      (link) => link.hooks.onRequest?.(view),
      (reply) => {
        const { methods } = this.#context.route!.route;
        if (reply !== undefined) this.#sendReply(reply);
        else if (methods.length === 0 || methods.includes('OPTIONS')) this.#runRequestHooks(chain.onRequest);
        else this.#answerMethodNotAllowed();
      },
    );
  }

  #methodNotAllowed(): void {
    const { head } = this.#exchange;
    const wanted = this.#preflightMethod();
    if (wanted !== '') {
      // A route that lists only its own methods still answers preflights for them, if it has a plugin that does.
      const index = this.#context.generation.snapshot.find(head.host, head.path, wanted, this.#context);
      const chain = index >= 0 ? this.#compiled(index).chain : null;
      if (chain !== null && chain.preflight.length > 0) {
        this.#context.setRoute(this.#compiled(index), index);
        this.#runPreflight(chain);
        return;
      }
    }
    this.#answerMethodNotAllowed();
  }

  #answerMethodNotAllowed(): void {
    const { head } = this.#exchange;
    const allowed = this.#context.generation.snapshot.allowedMethods(head.host, head.path, this.#context);
    this.#answerError('method_not_allowed', '', `Allow: ${allowed.join(', ')}\r\n`);
  }

  #runRequestHooks(links: readonly ChainLink[]): void {
    const view = this.#context.view!;
    this.#hooks.run<PluginReply>(
      links,
      (link) => link.hooks.onRequest!(view),
      (reply) => {
        if (reply === undefined) this.#act();
        else this.#sendReply(reply);
      },
    );
  }

  #act(): void {
    const route = this.#context.route!;
    const { action } = route.route;
    switch (action.kind) {
      case 'proxy':
        this.#proxy(route);
        break;
      case 'redirect':
        this.#redirect(action);
        break;
      case 'respond':
        this.#response.sendLocal(LocalReply.respond(action));
        break;
      case 'control':
        this.#control = new ControlCall(this.#exchange, this.#context.clientIp, this.#plane.control, this);
        this.#control.begin();
        break;
      default:
    }
  }

  onControlResponse({ status, headers, body }: ControlResponseMessage): void {
    this.#response.sendLocal(LocalReply.fromPlugin({ status, headers, body }));
  }

  onControlFailed(code: ErrorCode, detail: string): void {
    this.#answerError(code, detail);
  }

  #redirect(action: RedirectAction): void {
    const location = redirectLocation(action.location, this.#context.captures(), this.#exchange.head);
    this.#response.sendLocal(LocalReply.redirect(action.status, location));
  }

  // --- upstream --------------------------------------------------------------------------------------------------

  #proxy(route: CompiledRoute): void {
    if (this.#exchange.head.upgrade && !this.#admitUpgrade(route)) return;
    if (statesTooMuch(this.#exchange.head, this.#context.generation.limits.body)) {
      this.#answerError('body_too_large');
      return;
    }
    const { chain } = route;
    if (chain === null) {
      this.#beginCall(route);
      return;
    }
    const view = this.#context.view!;
    if (chain.onRequestBody.length > 0 && this.#exchange.head.bodyKind !== BODY_NONE) {
      this.#requestFilter = new RequestFilter(chain.onRequestBody, view, this);
    }
    if (chain.onUpstreamRequest.length === 0) {
      this.#beginCall(route);
      return;
    }
    const block = new HeaderBlock().load(this.#requestLines());
    this.#hooks.run(
      chain.onUpstreamRequest,
      (link) => link.hooks.onUpstreamRequest!(view, block),
      () => {
        this.#editedLines = block.lines(DROP_REMOVED_AND_LENGTH);
        this.#beginCall(route);
      },
    );
  }

  /** Other protocols than WebSocket are left out of what is forwarded, as RFC 9110 section 7.8 allows: never h2c (C11). */
  #admitUpgrade(route: CompiledRoute): boolean {
    const { head, downstream } = this.#exchange;
    if (!asksForWebSocket(head)) return true;
    const problem = refuseWebSocket(head, route, downstream);
    if (problem === '') this.#webSocket = new WebSocketSession(this.#plane, this.#context);
    else this.#answerError(problem, '', problem === 'websocket_version' ? VERSION_LINES : '');
    return problem === '';
  }

  #beginCall(route: CompiledRoute): void {
    this.#proxied = true;
    const { head, startedAt } = this.#exchange;
    const bodyFollows = head.bodyKind !== BODY_NONE;
    const chunked = head.bodyKind === BODY_CHUNKED || (bodyFollows && !this.#keepsLength());
    const mayBeGrpc = head.version === 20 || this.#context.grpcWeb !== null;
    this.#givenUpAt = mayBeGrpc ? grpcDeadline(head, startedAt) : 0;
    this.#call.givenUpAt = this.#givenUpAt;
    if (mayBeGrpc && isGrpc(head.headers)) {
      const deadline = this.#givenUpAt === 0 ? 0 : Math.round(this.#givenUpAt - startedAt);
      this.#context.grpc = new GrpcCall(head, route.route.path, deadline, this.#plane.recorder.grpc);
    }
    this.#call.grpc = this.#context.grpc;
    this.#call.begin(route, head.method, bodyFollows, chunked, this.#webSocket !== null, startedAt);
  }

  /** Whether the endpoint gets a body of the same length as the one that comes in. */
  #keepsLength(): boolean {
    if (this.#context.grpcWeb?.textRequest) return false;
    const filter = this.#requestFilter;
    if (filter === null) return true;
    return !filter.collects && this.#exchange.head.headers.indexOfKind(KIND_CONTENT_LENGTH) >= 0;
  }

  #requestLines(): string {
    const { idLines, generation, grpcWeb } = this.#context;
    const lines = forwardedLines(this.#exchange, idLines, generation.via);
    // Services of gRPC refuse who takes no trailers, and browsers must not say that they do.
    return grpcWeb === null || this.#exchange.head.wantsTrailers ? lines : lines + TAKES_TRAILERS;
  }

  upstreamHead(runtime: UpstreamRuntime, endpoint: number): string {
    const route = this.#context.route!;
    const { head } = this.#exchange;
    const target = route.upstreamTarget(head.target, head.path, head.search, head.rewritten);
    const preserved = route.proxy!.preserveHost && head.authority !== '';
    const host = preserved ? hostLine(head.authority) : runtime.hostLines[endpoint]!;
    const lines = this.#linesOfTry(head.headers);
    // A handshake has no body.
    const framing = this.#webSocket === null ? framingLine(head, this.#keepsLength()) : UPGRADE_LINES;
    const start = target === head.target ? head.start : `${head.method} ${target}`;
    return `${start}${host}${lines}${framing}\r\n`;
  }

  /** Field lines for the endpoint; those of gRPC say what is different from try to try. */
  #linesOfTry(received: HeaderBlock): string {
    const { grpc } = this.#context;
    if (grpc === null && this.#givenUpAt === 0) return this.#editedLines ?? this.#requestLines();
    const fields = this.#editedLines === null ? received : new HeaderBlock().load(this.#editedLines);
    if (this.#givenUpAt !== 0)
      fields.set('grpc-timeout', formatGrpcTimeout(this.#givenUpAt - performance.now()));
    grpc?.prepareTry(fields, this.#call.retries);
    return fields === received ? this.#requestLines() : fields.lines(DROP_REMOVED_AND_LENGTH);
  }

  get pickContext(): PickContext {
    return this.#context;
  }

  startRequestBody(sink: RequestBodySink): void {
    const filter = this.#requestFilter;
    const { downstream, head } = this.#exchange;
    const length = head.bodyKind === BODY_LENGTH && this.#keepsLength() ? head.contentLength : -1;
    const next = filter === null ? sink : filter.into(sink, length);
    const text = this.#context.grpcWeb?.textRequest === true;
    downstream.startBody(text ? new GrpcWebTextBody(next) : next);
  }

  pauseRequestBody(): void {
    this.#requestBlocked = true;
    this.#exchange.downstream.pauseBody();
  }

  resumeRequestBody(): void {
    this.#requestBlocked = false;
    if (!this.#requestHeld) this.#exchange.downstream.resumeBody();
  }

  holdRequestBody(held: boolean): void {
    this.#requestHeld = held;
    if (held) this.#exchange.downstream.pauseBody();
    else if (!this.#requestBlocked) this.#exchange.downstream.resumeBody();
  }

  requestHookFailed(plugin: string, error: unknown): void {
    this.#bodyHookFailed(plugin, error, 'plugin_body_too_large');
  }

  // --- response --------------------------------------------------------------------------------------------------

  onUpstreamInformational(status: number, lines: string): void {
    this.#exchange.downstream.sendInformational(status, lines);
  }

  onUpstreamHead(head: ResponseHead): void {
    this.#response.sendUpstreamHead(head, this.#call);
  }

  onUpstreamData(input: Buffer, start: number, end: number): void {
    this.#response.sendUpstreamData(input, start, end);
  }

  onUpstreamEnd(trailers: string): void {
    this.#response.sendUpstreamEnd(trailers);
  }

  onUpstreamReadEnd(): void {
    this.#exchange.downstream.flush();
  }

  checkSwitch(head: ResponseHead): string {
    return this.#webSocket!.check(head);
  }

  onUpstreamSwitched(head: ResponseHead, stream: ByteStream): void {
    this.#response.sendSwitch(head, this.#call, (lines) => {
      this.#webSocket!.open(lines, stream);
      if (this.#leaving) this.#webSocket!.shutdown();
    });
  }

  onUpstreamFailed(code: ErrorCode, detail: string): void {
    this.#context.errorDetail = detail;
    if (!this.#exchange.downstream.headSent) {
      this.#answerError(code, detail);
      return;
    }
    this.#cutShort(code);
  }

  onDrain(): void {
    this.#response.onDrain();
  }

  onClientGone(): void {
    // An error found before has aborted the connection; only else it was the client.
    if (this.#context.errorCode === '') this.#context.errorCode = 'client_closed';
    this.#call.cancel();
  }

  onShutdown(until: number): void {
    this.#leaving = true;
    this.#webSocket?.shutdown();
    this.#response.shutdown(until);
  }

  // --- errors ----------------------------------------------------------------------------------------------------

  /** A defect of the gateway showed up before anything was sent. */
  fail(error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#plane.log('error', 'internal error', { request_id: this.#context.requestId, error: detail });
    this.#call.cancel();
    this.#context.errorDetail = detail;
    if (this.#exchange.downstream.headSent) {
      this.#abort('internal');
      return;
    }
    this.#context.errorCode = 'internal';
    this.#response.deliver(LocalReply.error('internal', this.#context.requestId, ''));
  }

  /** @param extraLines further field lines such as Allow */
  #answerError(code: ErrorCode, detail = '', extraLines = ''): void {
    this.#context.errorCode = code;
    if (detail !== '') this.#context.errorDetail = detail;
    // What went wrong behind the gateway is for the operator's log, not for the client.
    const told = ERRORS[code].cause === 'client' ? detail : '';
    this.#response.sendLocal(LocalReply.error(code, this.#context.requestId, told, extraLines));
  }

  #sendReply(reply: PluginReply): void {
    let local: LocalReply;
    try {
      local = LocalReply.fromPlugin(reply);
    } catch (error) {
      this.#pluginFailed('onRequest', error);
      return;
    }
    this.#response.sendLocal(local);
  }

  #pluginFailed(plugin: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const code: ErrorCode = error instanceof GatewayError ? error.code : 'plugin_failed';
    const { requestId } = this.#context;
    this.#plane.log('error', 'plugin failed', { plugin, request_id: requestId, error: message });
    this.#plane.recorder.counter('octopus_plugin_events_total', { plugin, event: 'failed' }).add(1);
    this.#call.cancel();
    this.#context.errorDetail = `plugin ${plugin}: ${message}`;
    if (this.#exchange.downstream.headSent) {
      this.#cutShort(code);
      return;
    }
    this.#context.errorCode = code;
    // The chain itself is broken: its response hooks do not run on this answer.
    this.#response.deliver(LocalReply.error(code, requestId, ''));
  }

  /** @param overCap the error when the body exceeds the cap of a plugin that wants it whole */
  #bodyHookFailed(plugin: string, error: unknown, overCap: ErrorCode): void {
    if (error !== null) {
      this.#pluginFailed(plugin, error);
      return;
    }
    this.#call.cancel();
    this.onUpstreamFailed(overCap, `body too large for plugin ${plugin}`);
  }

  /** Ends a response that cannot be completed: where the protocol has a place for it, with a word of why. */
  #cutShort(code: ErrorCode): void {
    this.#context.errorCode = code;
    if (!this.#response.endWithStatus(code, this.#call.resetCode)) this.#abort(code);
  }

  #abort(code: ErrorCode): void {
    this.#context.errorCode = code;
    this.#requestFilter?.stop();
    this.#response.stop();
    this.#exchange.downstream.abort();
  }

  // --- end -------------------------------------------------------------------------------------------------------

  /** From the engine, once: the response is complete or the connection is gone. */
  end(): void {
    const context = this.#context;
    if (context.over) return;
    if (this.#proxied) this.#call.cancel();
    this.#control?.cancel();
    this.#control = null;
    if (this.#webSocket !== null) {
      this.#webSocket.end();
      this.#webSocket = null;
    }
    this.#requestFilter?.stop();
    this.#response.stop();
    accountFor(this.#plane, context, this.#proxied ? this.#call : null);
    const { generation } = context;
    context.end();
    generation.leave(context.lasting);
  }
}

/** @returns 0 when the request has none */
function grpcDeadline({ headers }: RequestHead, startedAt: number): number {
  const value = headers.get('grpc-timeout');
  const timeout = value === undefined ? -1 : parseGrpcTimeout(value);
  return timeout < 0 ? 0 : startedAt + timeout;
}

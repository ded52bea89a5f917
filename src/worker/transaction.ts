import type { DownstreamEvents, RequestBodySink } from '../engine/downstream.ts';
import { FRAMING_AS_IS, FRAMING_LENGTH, FRAMING_STREAM } from '../engine/downstream.ts';
import type { Exchange } from '../engine/exchange.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../http/errors.ts';
import { KIND_CONTENT_LENGTH, KIND_REQUEST_ID, KIND_TRACEPARENT } from '../http/field-kind.ts';
import {
  DROP_REMOVED,
  DROP_RESPONSE,
  DROP_RESPONSE_KEEP_LENGTH,
  DROP_TRUSTED,
  DROP_UNTRUSTED,
} from '../http/forwarding.ts';
import { BODY_NONE } from '../http/framing.ts';
import { HeaderBlock } from '../http/header-block.ts';
import { httpDate } from '../http/http-date.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { statusText } from '../http/status-text.ts';
import { filterTrailers } from '../http/trailers.ts';
import type { PluginReply } from '../plugins/api.ts';
import { METHOD_NOT_ALLOWED, NO_ROUTE } from '../routing/matcher.ts';
import type { PredicateSource } from '../routing/predicates.ts';
import {
  formatTraceparent,
  isTraceparent,
  newRequestId,
  newSpanId,
  newTraceId,
  traceIdOf,
} from '../telemetry/trace-context.ts';
import type { PickContext } from '../upstream/pick-context.ts';
import { type ChainLink, isPromise } from './chain.ts';
import { clientAddress } from './client-address.ts';
import type { CompiledRoute } from './compiled-route.ts';
import type { DataPlane } from './data-plane.ts';
import type { LoadedGeneration } from './generation.ts';
import { LocalReply } from './local-reply.ts';
import { PluginView } from './plugin-view.ts';
import { ProxyCall, type ProxyClient } from './proxy-call.ts';
import { RequestFilter, type RequestFilterHost } from './request-filter.ts';
import { ResponseFilter, type ResponseFilterHost } from './response-filter.ts';
import { ResponseView } from './response-view.ts';
import type { UpstreamRuntime } from './upstream-registry.ts';
import { forwardedLines, framingLine, isLoop, maxForwards } from './upstream-request.ts';

const EMPTY = Buffer.alloc(0);

/**
 * One exchange on its way through the worker: route, plugin chain, upstream or local reply, response, accounting. An
 * instance serves all exchanges of a client connection one after the other.
 */
export class Transaction
  implements
    DownstreamEvents,
    ProxyClient,
    PredicateSource,
    PickContext,
    RequestFilterHost,
    ResponseFilterHost
{
  readonly #exchange: Exchange;
  readonly #plane: DataPlane;
  #generation: LoadedGeneration;
  #call: ProxyCall | null = null;
  #route: CompiledRoute | null = null;
  #routeIndex = NO_ROUTE;
  #view: PluginView | null = null;
  #requestFilter: RequestFilter | null = null;
  #responseFilter: ResponseFilter | null = null;
  #errorCode: ErrorCode | '' = '';
  #errorDetail = '';
  #requestId = '';
  #traceparent = '';
  #clientIp = '';
  #proxied = false;
  #over = true;
  #queryCache: URLSearchParams | null = null;
  /** Lines the upstream sees, when an onUpstreamRequest hook has edited them. */
  #editedLines: string | null = null;
  // Each direction can be held up by a slow hook and by a slow peer; it flows when neither holds.
  #requestHeld = false;
  #requestBlocked = false;
  #responseHeld = false;
  #responseBlocked = false;

  constructor(exchange: Exchange, plane: DataPlane) {
    this.#exchange = exchange;
    this.#plane = plane;
    this.#generation = plane.generation;
    exchange.owner = this;
  }

  // --- request ---------------------------------------------------------------------------------------------------

  begin(): void {
    const exchange = this.#exchange;
    const head = exchange.head;
    const generation = this.#plane.generation;
    exchange.events = this;
    this.#generation = generation;
    generation.enter();
    this.#route = null;
    this.#view = null;
    this.#requestFilter = null;
    this.#responseFilter = null;
    this.#errorCode = '';
    this.#errorDetail = '';
    this.#proxied = false;
    this.#over = false;
    this.#queryCache = null;
    this.#editedLines = null;
    this.#requestHeld = false;
    this.#requestBlocked = false;
    this.#responseHeld = false;
    this.#responseBlocked = false;
    this.#clientIp = '';
    this.#identify();

    const headers = head.headers;
    headers.removeKinds(exchange.peer.trusted ? DROP_TRUSTED : DROP_UNTRUSTED);
    const owned = generation.ownedHeaders;
    for (let i = 0; i < owned.length; i++) {
      const name = owned[i]!;
      if (name.endsWith('*')) headers.deletePrefix(name.slice(0, -1));
      else headers.delete(name);
    }

    if (head.method === 'TRACE' || head.method === 'CONNECT') this.#answerError('method_not_implemented', '');
    else if (isLoop(head, generation.via)) this.#answerError('loop_detected', '');
    else if (head.method !== 'OPTIONS' || !this.#answersOptionsItself()) this.#findRoute();
  }

  #findRoute(): void {
    const { head } = this.#exchange;
    const index = this.#generation.snapshot.find(head.host, head.path, head.method, this);
    if (index >= 0) this.#enterRoute(index);
    else if (index === METHOD_NOT_ALLOWED) this.#methodNotAllowed();
    else this.#answerError('no_route', '');
  }

  /** Request id and trace context: kept where they can be believed, made otherwise. */
  #identify(): void {
    const { head, peer } = this.#exchange;
    const headers = head.headers;
    const given = peer.trusted ? headers.valueOfKind(KIND_REQUEST_ID) : '';
    this.#requestId = given !== '' && given.length <= 200 ? given : newRequestId();
    const at = headers.indexOfKind(KIND_TRACEPARENT);
    const traceparent = at < 0 ? '' : headers.valueAt(at);
    if (at >= 0 && isTraceparent(traceparent)) {
      this.#traceparent = traceparent;
    } else {
      // A tracestate without a valid traceparent belongs to nothing (W3C Trace Context section 3.3.1).
      if (at >= 0) headers.delete('tracestate');
      this.#traceparent = formatTraceparent(newTraceId(), newSpanId(), false);
    }
  }

  /** `OPTIONS *`, and OPTIONS at the end of its Max-Forwards (rule B5). */
  #answersOptionsItself(): boolean {
    const head = this.#exchange.head;
    if (head.path !== '*' && maxForwards(head) !== 0) {
      const left = maxForwards(head);
      if (left > 0) head.headers.set('Max-Forwards', String(left - 1));
      return false;
    }
    this.#sendLocal(new LocalReply(204, 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n', null));
    return true;
  }

  #methodNotAllowed(): void {
    const { head } = this.#exchange;
    const { snapshot } = this.#generation;
    const wanted = head.method === 'OPTIONS' ? head.headers.get('access-control-request-method') : undefined;
    if (wanted !== undefined && head.headers.has('origin')) {
      const index = snapshot.find(head.host, head.path, wanted, this);
      if (index >= 0 && this.#answersPreflight(index)) return;
    }
    const allowed = snapshot.allowedMethods(head.host, head.path, this).join(', ');
    this.#answerError('method_not_allowed', '', `Allow: ${allowed}\r\n`);
  }

  /** A route that lists only its own methods still answers preflights for them, if it has a plugin that does. */
  #answersPreflight(index: number): boolean {
    const route = this.#generation.route(index, this.#plane.upstreams, this.#plane.recorder);
    if (route.chain === null || route.chain.preflight.length === 0) return false;
    this.#setRoute(route, index);
    this.#runPreflight(0);
    return true;
  }

  #setRoute(route: CompiledRoute, index: number): void {
    this.#route = route;
    this.#routeIndex = index;
    if (route.chain !== null) this.#makeView(route);
  }

  #makeView(route: CompiledRoute): void {
    const path = this.#exchange.head.path;
    this.#view = new PluginView({
      exchange: this.#exchange,
      clientIp: this.clientIp,
      requestId: this.#requestId,
      traceId: traceIdOf(this.#traceparent),
      route: {
        id: route.route.id,
        path: route.route.path,
        params: this.#generation.snapshot.params(this.#routeIndex, path),
      },
    });
  }

  #enterRoute(index: number): void {
    const route = this.#generation.route(index, this.#plane.upstreams, this.#plane.recorder);
    this.#setRoute(route, index);
    if (route.unavailable !== '') {
      this.#answerError('plugin_unavailable', route.unavailable);
      return;
    }
    const chain = route.chain;
    if (chain === null) {
      this.#act();
      return;
    }
    const { head } = this.#exchange;
    const preflight =
      head.method === 'OPTIONS' &&
      chain.preflight.length > 0 &&
      head.headers.has('access-control-request-method') &&
      head.headers.has('origin');
    if (preflight) this.#runPreflight(0);
    else this.#runRequestHooks(0);
  }

  /** CORS preflights carry no credentials, so whoever answers them comes before authentication. */
  #runPreflight(from: number): void {
    this.#runOnRequest(this.#route!.chain!.preflight, from, () => {
      const listed = this.#route!.route.methods;
      if (listed.length === 0 || listed.includes('OPTIONS')) this.#runRequestHooks(0);
      else this.#answerError('method_not_allowed', '', `Allow: ${listed.join(', ')}\r\n`);
    });
  }

  #runRequestHooks(from: number): void {
    this.#runOnRequest(this.#route!.chain!.onRequest, from, () => this.#act());
  }

  #runOnRequest(links: readonly ChainLink[], from: number, then: () => void): void {
    const view = this.#view!;
    for (let i = from; i < links.length; i++) {
      const link = links[i]!;
      if (link.hooks.onRequest === undefined) continue;
      let result: ReturnType<typeof link.hooks.onRequest>;
      try {
        result = link.hooks.onRequest(view);
      } catch (error) {
        this.#pluginFailed(link.name, error);
        return;
      }
      if (result === undefined) continue;
      if (isPromise(result)) {
        this.#await(result, link.name, (reply) => {
          if (reply === undefined) this.#runOnRequest(links, i + 1, then);
          else this.#sendReply(reply);
        });
        return;
      }
      this.#sendReply(result);
      return;
    }
    then();
  }

  /** Waits for a plugin; does nothing when the exchange ended meanwhile. */
  #await<T>(promise: Promise<T>, plugin: string, then: (value: T) => void): void {
    const serial = this.#exchange.serial;
    promise.then(
      (value) => {
        if (this.#isCurrent(serial)) then(value);
      },
      (error: unknown) => {
        if (this.#isCurrent(serial)) this.#pluginFailed(plugin, error);
      },
    );
  }

  #isCurrent(serial: number): boolean {
    return !this.#over && this.#exchange.serial === serial;
  }

  #act(): void {
    const route = this.#route!;
    const action = route.route.action;
    switch (action.kind) {
      case 'proxy':
        this.#proxy(route);
        break;
      case 'redirect':
        this.#sendLocal(LocalReply.redirect(action, this.#redirectParams(action.location)));
        break;
      case 'respond':
        this.#sendLocal(LocalReply.respond(action));
        break;
      default:
    }
  }

  #redirectParams(location: string): Readonly<Record<string, string>> {
    if (!location.includes('{')) return {};
    const { path, search, authority } = this.#exchange.head;
    const params = this.#generation.snapshot.params(this.#routeIndex, path);
    return { ...params, path, query: search === '' ? '' : search.slice(1), host: authority };
  }

  // --- upstream --------------------------------------------------------------------------------------------------

  #proxy(route: CompiledRoute): void {
    const { head, startedAt } = this.#exchange;
    this.#proxied = true;
    let call = this.#call;
    if (call === null) {
      call = new ProxyCall(this, this.#plane.calls);
      this.#call = call;
    }
    const chain = route.chain;
    if (chain !== null && chain.onRequestBody.length > 0 && head.bodyKind !== BODY_NONE) {
      this.#requestFilter = new RequestFilter(chain.onRequestBody, this.#view!, this);
    }
    if (chain !== null && chain.onUpstreamRequest.length > 0) {
      const block = new HeaderBlock().load(this.#requestLines());
      this.#runUpstreamHooks(chain.onUpstreamRequest, 0, block, () => {
        this.#editedLines = block.lines(DROP_REMOVED);
        this.#beginCall(call, route, startedAt);
      });
      return;
    }
    this.#beginCall(call, route, startedAt);
  }

  #beginCall(call: ProxyCall, route: CompiledRoute, startedAt: number): void {
    const head = this.#exchange.head;
    const bodyFollows = head.bodyKind !== BODY_NONE;
    call.begin(route, head.method, bodyFollows, bodyFollows && this.#framing().startsWith('T'), startedAt);
  }

  #framing(): string {
    const head = this.#exchange.head;
    const filter = this.#requestFilter;
    const keepLength =
      filter === null || (!filter.collects && head.headers.indexOfKind(KIND_CONTENT_LENGTH) >= 0);
    return framingLine(head, keepLength);
  }

  #runUpstreamHooks(links: readonly ChainLink[], from: number, block: HeaderBlock, then: () => void): void {
    for (let i = from; i < links.length; i++) {
      const link = links[i]!;
      let result: void | undefined | Promise<void | undefined>;
      try {
        result = link.hooks.onUpstreamRequest!(this.#view!, block);
      } catch (error) {
        this.#pluginFailed(link.name, error);
        return;
      }
      if (result === undefined) continue;
      this.#await(Promise.resolve(result), link.name, () =>
        this.#runUpstreamHooks(links, i + 1, block, then),
      );
      return;
    }
    then();
  }

  #requestLines(): string {
    const requestId = this.#view === null ? this.#requestId : this.#view.requestId;
    return forwardedLines(this.#exchange, requestId, this.#traceparent, this.#generation.via);
  }

  upstreamHead(runtime: UpstreamRuntime, endpoint: number): string {
    const route = this.#route!;
    const head = this.#exchange.head;
    const target = route.upstreamTarget(head.target, head.path, head.search, head.rewritten);
    const host =
      route.proxy!.preserveHost && head.authority !== '' ? head.authority : runtime.hosts[endpoint]!;
    const lines = this.#editedLines ?? this.#requestLines();
    return `${head.method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}${this.#framing()}\r\n`;
  }

  get pickContext(): PickContext {
    return this;
  }

  get clientIp(): string {
    if (this.#clientIp === '') {
      const { peer, head } = this.#exchange;
      this.#clientIp = clientAddress(peer, head.headers, this.#generation.trustedProxies);
    }
    return this.#clientIp;
  }

  get path(): string {
    return this.#exchange.head.path;
  }

  get headers(): HeaderBlock {
    return this.#exchange.head.headers;
  }

  header(name: string): string | undefined {
    return this.#exchange.head.headers.get(name);
  }

  query(name: string): string | undefined {
    this.#queryCache ??= new URLSearchParams(this.#exchange.head.search);
    return this.#queryCache.get(name) ?? undefined;
  }

  startRequestBody(sink: RequestBodySink): void {
    const filter = this.#requestFilter;
    this.#exchange.downstream.startBody(filter === null ? sink : filter.into(sink));
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

  // --- response --------------------------------------------------------------------------------------------------

  onUpstreamInformational(status: number, lines: string): void {
    this.#exchange.downstream.sendInformational(status, lines);
  }

  onUpstreamHead(head: ResponseHead): void {
    const chain = this.#route!.chain;
    if (chain !== null && (chain.onResponse.length > 0 || chain.onResponseBody.length > 0)) {
      this.#filterUpstreamHead(head);
      return;
    }
    let lines: string;
    let framing = FRAMING_AS_IS;
    const bodyless = head.bodyKind === BODY_NONE;
    if (head.contentLength >= 0 && head.status !== 204) lines = head.headers.lines(DROP_RESPONSE_KEEP_LENGTH);
    else {
      lines = head.headers.lines(DROP_RESPONSE);
      if (!bodyless) framing = FRAMING_STREAM;
    }
    this.#exchange.downstream.sendHead(
      head.status,
      head.reason,
      lines + this.#extraLines(head.hasDate),
      framing,
      0,
    );
  }

  #extraLines(hasDate: boolean): string {
    let lines = hasDate ? '' : `Date: ${httpDate()}\r\n`;
    const call = this.#call!;
    if (call.runtime.record.sticky !== null) lines += this.#stickyLine(call);
    return lines;
  }

  /** The cookie is set when the client has none or its endpoint is not the one that answered. */
  #stickyLine(call: ProxyCall): string {
    const { group } = call.runtime;
    if (group.stickyIndex(this, this.#exchange.startedAt) === call.endpoint) return '';
    return `Set-Cookie: ${group.stickyCookie(call.endpoint)}\r\n`;
  }

  #filterUpstreamHead(head: ResponseHead): void {
    const lines = head.headers.lines(head.status === 204 ? DROP_RESPONSE : DROP_RESPONSE_KEEP_LENGTH);
    const reason = head.reason;
    const view = new ResponseView(
      head.status,
      head.bodyKind !== BODY_NONE,
      false,
      lines + this.#extraLines(head.hasDate),
    );
    const call = this.#call!;
    this.#runResponseHooks(view, 0, call, (reply) => {
      if (reply !== null) {
        call.cancel();
        this.#sendReply(reply, true);
        return;
      }
      this.#sendFilteredHead(view, reason);
      call.releaseResponse();
    });
  }

  #sendFilteredHead(response: ResponseView, reason: string): void {
    const links = this.#route!.chain!.onResponseBody;
    const downstream = this.#exchange.downstream;
    const headers = response.headers;
    if (response.hasBody && links.length > 0) {
      this.#responseFilter = new ResponseFilter(links, this.#view!, downstream, this);
      if (this.#responseFilter.collects) headers.delete('content-length');
    }
    const framing = !response.hasBody || headers.has('content-length') ? FRAMING_AS_IS : FRAMING_STREAM;
    const text = response.status === response.originalStatus ? reason : statusText(response.status);
    downstream.sendHead(response.status, text, headers.lines(DROP_REMOVED), framing, 0);
  }

  /**
   * @param call whose response body must wait for a slow hook; null for local replies
   * @param then gets the reply of a hook that answers instead, or null
   */
  #runResponseHooks(
    response: ResponseView,
    from: number,
    call: ProxyCall | null,
    then: (reply: PluginReply | null) => void,
  ): void {
    const links = this.#route!.chain!.onResponse;
    for (let i = from; i < links.length; i++) {
      const link = links[i]!;
      let result: ReturnType<NonNullable<typeof link.hooks.onResponse>>;
      try {
        result = link.hooks.onResponse!(this.#view!, response);
      } catch (error) {
        this.#pluginFailed(link.name, error);
        return;
      }
      if (result === undefined) continue;
      if (isPromise(result)) {
        call?.holdResponse();
        this.#await(result, link.name, (reply) => {
          if (reply !== undefined) then(reply);
          else this.#runResponseHooks(response, i + 1, call, then);
        });
        return;
      }
      then(result);
      return;
    }
    then(null);
  }

  onUpstreamData(chunk: Buffer): void {
    const filter = this.#responseFilter;
    if (filter !== null) filter.write(chunk, false);
    else if (!this.#exchange.downstream.sendBody(chunk)) this.onDownstreamBlocked();
  }

  onUpstreamEnd(trailers: string): void {
    const filter = this.#responseFilter;
    if (filter === null)
      this.#exchange.downstream.endBody(trailers === '' ? '' : (filterTrailers(trailers) ?? ''));
    else filter.write(EMPTY, true);
  }

  onUpstreamReadEnd(): void {
    this.#exchange.downstream.flush();
  }

  onUpstreamFailed(code: ErrorCode, detail: string): void {
    this.#errorDetail = detail;
    if (this.#exchange.downstream.headSent) {
      this.#errorCode = code;
      this.#abort();
    } else {
      this.#answerError(code, detail);
    }
  }

  onDownstreamBlocked(): void {
    this.#responseBlocked = true;
    this.#call?.pauseDownload();
  }

  onDrain(): void {
    this.#responseBlocked = false;
    if (!this.#responseHeld) this.#call?.resumeDownload();
  }

  holdResponseBody(held: boolean): void {
    this.#responseHeld = held;
    if (held) this.#call?.pauseDownload();
    else if (!this.#responseBlocked) this.#call?.resumeDownload();
  }

  bodyHookFailed(plugin: string, error: unknown, ofRequest: boolean): void {
    if (error !== null) {
      this.#pluginFailed(plugin, error);
      return;
    }
    this.#call?.cancel();
    const code = ofRequest ? 'plugin_body_too_large' : 'upstream_bad_response';
    this.onUpstreamFailed(code, `body too large for plugin ${plugin}`);
  }

  #abort(): void {
    this.#requestFilter?.stop();
    this.#responseFilter?.stop();
    this.#exchange.downstream.abort();
  }

  onClientGone(): void {
    // An error found before has aborted the connection; only else it was the client.
    if (this.#errorCode === '') this.#errorCode = 'client_closed';
    this.#call?.cancel();
  }

  // --- local replies ---------------------------------------------------------------------------------------------

  #pluginFailed(plugin: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const code: ErrorCode = error instanceof GatewayError ? error.code : 'plugin_failed';
    this.#plane.log('error', 'plugin failed', { plugin, request_id: this.#requestId, error: message });
    this.#plane.recorder.counter('octopus_plugin_events_total', { plugin, event: 'failed' }).add(1);
    this.#call?.cancel();
    this.#errorDetail = `plugin ${plugin}: ${message}`;
    if (this.#exchange.downstream.headSent) {
      this.#errorCode = code;
      this.#abort();
      return;
    }
    this.#errorCode = code;
    // The chain itself is broken: its response hooks do not run on this answer.
    this.#deliver(LocalReply.error(code, this.#currentRequestId(), ''));
  }

  #currentRequestId(): string {
    return this.#view === null ? this.#requestId : this.#view.requestId;
  }

  /** @param extraLines further field lines such as Allow */
  #answerError(code: ErrorCode, detail: string, extraLines = ''): void {
    this.#errorCode = code;
    if (detail !== '') this.#errorDetail = detail;
    // What went wrong behind the gateway is for the operator's log, not for the client.
    const told = ERRORS[code].cause === 'client' ? detail : '';
    this.#sendLocal(LocalReply.error(code, this.#currentRequestId(), told, extraLines));
  }

  #sendReply(reply: PluginReply, final = false): void {
    let local: LocalReply;
    try {
      local = LocalReply.fromPlugin(reply);
    } catch (error) {
      this.#pluginFailed('reply', error);
      return;
    }
    if (final) this.#deliver(local);
    else this.#sendLocal(local);
  }

  /** Sends a response made here, through the response hooks of the route if it has any. */
  #sendLocal(reply: LocalReply): void {
    const chain = this.#route?.chain ?? null;
    if (chain === null || (chain.onResponse.length === 0 && chain.onResponseBody.length === 0)) {
      this.#deliver(reply);
      return;
    }
    const body = reply.body;
    const hasBody = body !== null && this.#exchange.head.method !== 'HEAD';
    const length = body === null ? '' : `Content-Length: ${body.length}\r\n`;
    const view = new ResponseView(
      reply.status,
      hasBody,
      true,
      `${length}Date: ${httpDate()}\r\n${reply.lines}`,
    );
    this.#runResponseHooks(view, 0, null, (other) => {
      if (other !== null) {
        this.#sendReply(other, true);
        return;
      }
      if (body === null && view.status !== 204 && view.status !== 304)
        view.headers.set('Content-Length', '0');
      this.#sendFilteredHead(view, statusText(view.status));
      if (this.#responseFilter !== null) {
        this.#responseFilter.write(body!, false);
        this.#responseFilter.write(EMPTY, true);
        return;
      }
      if (hasBody) this.#exchange.downstream.sendBody(body);
      this.#exchange.downstream.endBody('');
    });
  }

  #deliver(reply: LocalReply): void {
    if (this.#over) return;
    const { downstream, head } = this.#exchange;
    const lines = `Date: ${httpDate()}\r\n${reply.lines}`;
    const status = reply.status;
    if (status === 204 || status === 304) {
      downstream.sendHead(status, statusText(status), lines, FRAMING_AS_IS, 0);
    } else {
      const body = reply.body;
      downstream.sendHead(status, statusText(status), lines, FRAMING_LENGTH, body === null ? 0 : body.length);
      if (body !== null && head.method !== 'HEAD') downstream.sendBody(body);
    }
    downstream.endBody('');
  }

  // --- end -------------------------------------------------------------------------------------------------------

  /** From the engine, once: the response is complete or the connection is gone. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    const exchange = this.#exchange;
    const plane = this.#plane;
    const call = this.#call;
    const now = performance.now();
    const duration = now - exchange.startedAt;
    const code = this.#errorCode;
    const status =
      code === 'client_closed'
        ? 499
        : exchange.status === 0 && code !== ''
          ? ERRORS[code].status
          : exchange.status;

    if (this.#proxied) call?.cancel();
    this.#requestFilter?.stop();
    this.#responseFilter?.stop();

    const route = this.#route;
    const metrics = route === null ? plane.recorder.unmatched() : route.metrics;
    metrics.record(exchange.head.method, status, duration);
    plane.bytesReceived.add(exchange.bytesReceived);
    plane.bytesSent.add(exchange.bytesSent);
    if (code !== '') plane.recorder.error(code);
    if (this.#generation.settings.accessLog.enabled) this.#log(status, duration);
    if (this.#view !== null) this.#endPlugins(status, duration);
    this.#route = null;
    this.#generation.leave();
  }

  #endPlugins(status: number, durationMs: number): void {
    const { bytesSent, head } = this.#exchange;
    const view = this.#view!;
    const outcome = { status, durationMs, error: this.#errorCode, bytesSent };
    for (const link of this.#route!.chain!.onEnd) {
      try {
        link.hooks.onEnd!(view, outcome);
      } catch (error) {
        this.#plane.log('error', 'plugin failed in onEnd', { plugin: link.name, error: String(error) });
      }
    }
    // The plugin may have kept the view; its fields must not turn into those of the connection's next request.
    head.headers = new HeaderBlock();
    this.#view = null;
  }

  #log(status: number, duration: number): void {
    const entry = this.#plane.accessEntry;
    const { head, bytesReceived, bytesSent } = this.#exchange;
    const call = this.#proxied ? this.#call : null;
    entry.reset();
    entry.traceId = traceIdOf(this.#traceparent);
    entry.method = head.method;
    entry.path = head.path;
    entry.host = head.host;
    entry.status = status;
    entry.durationMs = duration;
    entry.requestId = this.#currentRequestId();
    entry.clientIp = this.clientIp;
    entry.bytesReceived = bytesReceived;
    entry.bytesSent = bytesSent;
    entry.error = this.#errorCode;
    entry.errorDetail = this.#errorDetail;
    if (this.#route !== null) entry.route = this.#route.route.path;
    if (call?.entered) {
      entry.upstream = call.runtime.record.name;
      entry.retries = call.retries;
      if (call.endpoint >= 0) entry.endpoint = call.runtime.record.endpoints[call.endpoint]!.address;
    }
    this.#plane.accessLog.write(entry);
  }
}

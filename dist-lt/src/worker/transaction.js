import { ERRORS, GatewayError } from '../http/errors.js';
import { KIND_CONTENT_LENGTH } from '../http/field-kind.js';
import { DROP_REMOVED } from '../http/forwarding.js';
import { BODY_CHUNKED, BODY_NONE } from '../http/framing.js';
import { HeaderBlock } from '../http/header-block.js';
import { asksForWebSocket, UPGRADE_LINES } from '../http/websocket-handshake.js';
import { METHOD_NOT_ALLOWED } from '../routing/matcher.js';
import { accountFor } from './accounting.js';
import { ControlCall } from './control-call.js';
import { ExchangeContext } from './exchange-context.js';
import { HookRunner } from './hook-runner.js';
import { needsHttps } from './https-redirect.js';
import { LocalReply } from './local-reply.js';
import { ProxyCall } from './proxy-call.js';
import { redirectLocation } from './redirect-location.js';
import { RequestFilter } from './request-filter.js';
import { ResponseSender } from './response-sender.js';
import { forwardedLines, framingLine, isLoop, maxForwards } from './upstream-request.js';
import { refuseWebSocket, VERSION_LINES } from './websocket-admission.js';
import { WebSocketSession } from './websocket-session.js';
const ANY_METHOD = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
/**
 * One exchange on its way through the worker: route, plugin chain, upstream or local reply, accounting. An instance
 * serves all exchanges of a client connection one after the other.
 */
export class Transaction {
    #exchange;
    #plane;
    #context;
    #hooks;
    #response;
    #call;
    #proxied = false;
    /** A request for the gateway itself. */
    #control = null;
    #webSocket = null;
    #requestFilter = null;
    // The request body flows while neither a busy hook nor a slow endpoint holds it up.
    #requestHeld = false;
    #requestBlocked = false;
    /** Lines the endpoint sees, when an onUpstreamRequest hook has edited them. */
    #editedLines = null;
    constructor(exchange, plane) {
        this.#exchange = exchange;
        this.#plane = plane;
        this.#context = new ExchangeContext(exchange, plane.generation);
        this.#hooks = new HookRunner(this.#context, (plugin, error) => this.#pluginFailed(plugin, error));
        this.#response = new ResponseSender(this.#context, this.#hooks, plane.calls, (plugin, error) => this.#bodyHookFailed(plugin, error, 'upstream_bad_response'));
        this.#call = new ProxyCall(this, plane.calls);
        exchange.owner = this;
    }
    // --- request ---------------------------------------------------------------------------------------------------
    begin() {
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
        if (head.method === 'TRACE' || head.method === 'CONNECT')
            this.#answerError('method_not_implemented');
        else if (isLoop(head, generation.via))
            this.#answerError('loop_detected');
        else if (generation.settings.redirectToHttps !== 0 && needsHttps(exchange))
            this.#redirectToHttps();
        else if (head.method !== 'OPTIONS' || !this.#answersOptionsItself())
            this.#findRoute();
    }
    #redirectToHttps() {
        const { head } = this.#exchange;
        const port = this.#context.generation.settings.redirectToHttps;
        const authority = port === 443 ? head.host : `${head.host}:${port}`;
        const target = head.path === '*' ? '/' : head.path + head.search;
        this.#response.sendLocal(new LocalReply(308, `Location: https://${authority}${target}\r\n`, null));
    }
    /** `OPTIONS *`, and OPTIONS at the end of its Max-Forwards (rule B5). */
    #answersOptionsItself() {
        const { head } = this.#exchange;
        const left = maxForwards(head);
        if (head.path !== '*' && left !== 0) {
            if (left > 0)
                head.headers.set('Max-Forwards', String(left - 1));
            return false;
        }
        this.#response.sendLocal(new LocalReply(204, `Allow: ${ANY_METHOD}\r\n`, null));
        return true;
    }
    #findRoute() {
        const { head } = this.#exchange;
        const { snapshot } = this.#context.generation;
        const index = snapshot.find(head.host, head.path, head.method, this.#context);
        if (index >= 0)
            this.#enterRoute(index);
        else if (index === METHOD_NOT_ALLOWED)
            this.#methodNotAllowed();
        else
            this.#answerError('no_route');
    }
    #compiled(index) {
        return this.#context.generation.route(index, this.#plane.upstreams, this.#plane.recorder);
    }
    #enterRoute(index) {
        const route = this.#compiled(index);
        this.#context.setRoute(route, index);
        if (route.unavailable !== '')
            this.#answerError('plugin_unavailable', route.unavailable);
        else if (route.chain === null)
            this.#act();
        else if (route.chain.preflight.length > 0 && this.#preflightMethod() !== '')
            this.#runPreflight(route.chain);
        else
            this.#runRequestHooks(route.chain.onRequest);
    }
    /** The method a CORS preflight asks about; `''` when the request is none. */
    #preflightMethod() {
        const { method, headers } = this.#exchange.head;
        if (method !== 'OPTIONS' || !headers.has('origin'))
            return '';
        return headers.get('access-control-request-method') ?? '';
    }
    /** Preflights carry no credentials, so whoever answers them comes before authentication. */
    #runPreflight(chain) {
        const view = this.#context.view;
        this.#hooks.run(chain.preflight, (link) => link.hooks.onRequest?.(view), (reply) => {
            const { methods } = this.#context.route.route;
            if (reply !== undefined)
                this.#sendReply(reply);
            else if (methods.length === 0 || methods.includes('OPTIONS'))
                this.#runRequestHooks(chain.onRequest);
            else
                this.#answerMethodNotAllowed();
        });
    }
    #methodNotAllowed() {
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
    #answerMethodNotAllowed() {
        const { head } = this.#exchange;
        const allowed = this.#context.generation.snapshot.allowedMethods(head.host, head.path, this.#context);
        this.#answerError('method_not_allowed', '', `Allow: ${allowed.join(', ')}\r\n`);
    }
    #runRequestHooks(links) {
        const view = this.#context.view;
        this.#hooks.run(links, (link) => link.hooks.onRequest(view), (reply) => {
            if (reply === undefined)
                this.#act();
            else
                this.#sendReply(reply);
        });
    }
    #act() {
        const route = this.#context.route;
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
    onControlResponse({ status, headers, body }) {
        this.#response.sendLocal(LocalReply.fromPlugin({ status, headers, body }));
    }
    onControlFailed(code, detail) {
        this.#answerError(code, detail);
    }
    #redirect(action) {
        const location = redirectLocation(action.location, this.#context.captures(), this.#exchange.head);
        this.#response.sendLocal(LocalReply.redirect(action.status, location));
    }
    // --- upstream --------------------------------------------------------------------------------------------------
    #proxy(route) {
        if (this.#exchange.head.upgrade && !this.#admitUpgrade(route))
            return;
        const { chain } = route;
        this.#proxied = true;
        if (chain === null) {
            this.#beginCall(route);
            return;
        }
        const view = this.#context.view;
        if (chain.onRequestBody.length > 0 && this.#exchange.head.bodyKind !== BODY_NONE) {
            this.#requestFilter = new RequestFilter(chain.onRequestBody, view, this);
        }
        if (chain.onUpstreamRequest.length === 0) {
            this.#beginCall(route);
            return;
        }
        const block = new HeaderBlock().load(this.#requestLines());
        this.#hooks.run(chain.onUpstreamRequest, (link) => link.hooks.onUpstreamRequest(view, block), () => {
            this.#editedLines = block.lines(DROP_REMOVED);
            this.#beginCall(route);
        });
    }
    /** Other protocols than WebSocket are left out of what is forwarded, as RFC 9110 section 7.8 allows: never h2c (C11). */
    #admitUpgrade(route) {
        const { head, downstream } = this.#exchange;
        if (!asksForWebSocket(head))
            return true;
        const problem = refuseWebSocket(head, route, downstream);
        if (problem === '')
            this.#webSocket = new WebSocketSession(this.#plane, this.#context);
        else
            this.#answerError(problem, '', problem === 'websocket_version' ? VERSION_LINES : '');
        return problem === '';
    }
    #beginCall(route) {
        const { head, startedAt } = this.#exchange;
        const bodyFollows = head.bodyKind !== BODY_NONE;
        const chunked = head.bodyKind === BODY_CHUNKED || (bodyFollows && !this.#keepsLength());
        this.#call.begin(route, head.method, bodyFollows, chunked, this.#webSocket !== null, startedAt);
    }
    /** Whether the request body has the same length behind the plugins as before them. */
    #keepsLength() {
        const filter = this.#requestFilter;
        if (filter === null)
            return true;
        return !filter.collects && this.#exchange.head.headers.indexOfKind(KIND_CONTENT_LENGTH) >= 0;
    }
    #requestLines() {
        const { requestId, traceparent, generation } = this.#context;
        return forwardedLines(this.#exchange, requestId, traceparent, generation.via);
    }
    upstreamHead(runtime, endpoint) {
        const route = this.#context.route;
        const { head } = this.#exchange;
        const target = route.upstreamTarget(head.target, head.path, head.search, head.rewritten);
        const host = route.proxy.preserveHost && head.authority !== '' ? head.authority : runtime.hosts[endpoint];
        const lines = this.#editedLines ?? this.#requestLines();
        // A handshake has no body.
        const framing = this.#webSocket === null ? framingLine(head, this.#keepsLength()) : UPGRADE_LINES;
        return `${head.method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}${framing}\r\n`;
    }
    get pickContext() {
        return this.#context;
    }
    startRequestBody(sink) {
        const filter = this.#requestFilter;
        this.#exchange.downstream.startBody(filter === null ? sink : filter.into(sink));
    }
    pauseRequestBody() {
        this.#requestBlocked = true;
        this.#exchange.downstream.pauseBody();
    }
    resumeRequestBody() {
        this.#requestBlocked = false;
        if (!this.#requestHeld)
            this.#exchange.downstream.resumeBody();
    }
    holdRequestBody(held) {
        this.#requestHeld = held;
        if (held)
            this.#exchange.downstream.pauseBody();
        else if (!this.#requestBlocked)
            this.#exchange.downstream.resumeBody();
    }
    requestHookFailed(plugin, error) {
        this.#bodyHookFailed(plugin, error, 'plugin_body_too_large');
    }
    // --- response --------------------------------------------------------------------------------------------------
    onUpstreamInformational(status, lines) {
        this.#exchange.downstream.sendInformational(status, lines);
    }
    onUpstreamHead(head) {
        this.#response.sendUpstreamHead(head, this.#call);
    }
    onUpstreamData(input, start, end) {
        this.#response.sendUpstreamData(input, start, end);
    }
    onUpstreamEnd(trailers) {
        this.#response.sendUpstreamEnd(trailers);
    }
    onUpstreamReadEnd() {
        this.#exchange.downstream.flush();
    }
    checkSwitch(head) {
        return this.#webSocket.check(head);
    }
    onUpstreamSwitched(head, stream) {
        this.#response.sendSwitch(head, this.#call, (lines) => this.#webSocket.open(lines, stream));
    }
    onUpstreamFailed(code, detail) {
        this.#context.errorDetail = detail;
        if (this.#exchange.downstream.headSent)
            this.#abort(code);
        else
            this.#answerError(code, detail);
    }
    onDrain() {
        this.#response.onDrain();
    }
    onClientGone() {
        // An error found before has aborted the connection; only else it was the client.
        if (this.#context.errorCode === '')
            this.#context.errorCode = 'client_closed';
        this.#call.cancel();
    }
    onShutdown(until) {
        this.#webSocket?.shutdown();
        this.#response.shutdown(until);
    }
    // --- errors ----------------------------------------------------------------------------------------------------
    /** A defect of the gateway showed up before anything was sent. */
    fail(error) {
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
    #answerError(code, detail = '', extraLines = '') {
        this.#context.errorCode = code;
        if (detail !== '')
            this.#context.errorDetail = detail;
        // What went wrong behind the gateway is for the operator's log, not for the client.
        const told = ERRORS[code].cause === 'client' ? detail : '';
        this.#response.sendLocal(LocalReply.error(code, this.#context.requestId, told, extraLines));
    }
    #sendReply(reply) {
        let local;
        try {
            local = LocalReply.fromPlugin(reply);
        }
        catch (error) {
            this.#pluginFailed('onRequest', error);
            return;
        }
        this.#response.sendLocal(local);
    }
    #pluginFailed(plugin, error) {
        const message = error instanceof Error ? error.message : String(error);
        const code = error instanceof GatewayError ? error.code : 'plugin_failed';
        const { requestId } = this.#context;
        this.#plane.log('error', 'plugin failed', { plugin, request_id: requestId, error: message });
        this.#plane.recorder.counter('octopus_plugin_events_total', { plugin, event: 'failed' }).add(1);
        this.#call.cancel();
        this.#context.errorDetail = `plugin ${plugin}: ${message}`;
        if (this.#exchange.downstream.headSent) {
            this.#abort(code);
            return;
        }
        this.#context.errorCode = code;
        // The chain itself is broken: its response hooks do not run on this answer.
        this.#response.deliver(LocalReply.error(code, requestId, ''));
    }
    /** @param overCap the error when the body exceeds the cap of a plugin that wants it whole */
    #bodyHookFailed(plugin, error, overCap) {
        if (error !== null) {
            this.#pluginFailed(plugin, error);
            return;
        }
        this.#call.cancel();
        this.onUpstreamFailed(overCap, `body too large for plugin ${plugin}`);
    }
    #abort(code) {
        this.#context.errorCode = code;
        this.#requestFilter?.stop();
        this.#response.stop();
        this.#exchange.downstream.abort();
    }
    // --- end -------------------------------------------------------------------------------------------------------
    /** From the engine, once: the response is complete or the connection is gone. */
    end() {
        const context = this.#context;
        if (context.over)
            return;
        if (this.#proxied)
            this.#call.cancel();
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
        generation.leave();
    }
}
//# sourceMappingURL=transaction.js.map
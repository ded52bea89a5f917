import type { ConnectionList } from '../engine/connection-list.ts';
import { FRAMING_AS_IS, FRAMING_LENGTH, FRAMING_STREAM } from '../engine/downstream.ts';
import { ERRORS, type ErrorCode } from '../http/errors.ts';
import { DROP_RESPONSE, DROP_RESPONSE_KEEP_LENGTH } from '../http/forwarding.ts';
import { BODY_NONE, parseContentLength } from '../http/framing.ts';
import { grpcStatus, isGrpc, statusLines } from '../http/grpc.ts';
import { statusOfReset } from '../http/grpc-status.ts';
import { grpcWebForm } from '../http/grpc-web.ts';
import { httpDate } from '../http/http-date.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { statusText } from '../http/status-text.ts';
import { filterTrailers } from '../http/trailers.ts';
import type { HeaderView, PluginReply } from '../plugins/api.ts';
import { retain } from '../shared/read-buffer.ts';
import { type BodyOutput, EventStream } from './event-stream.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { GrpcWebResponse, isGrpcResponse, sentAlone } from './grpc-web-response.ts';
import type { HookRunner } from './hook-runner.ts';
import { LocalReply } from './local-reply.ts';
import { NO_RESET, type ProxyCall } from './proxy-call.ts';
import { ResponseFilter } from './response-filter.ts';
import { ResponseView } from './response-view.ts';

/**
 * The way of a response to the client: straight through when the route has no plugins, otherwise through the response
 * hooks. Responses made here go the same way as those of endpoints.
 */
export class ResponseSender {
  readonly #context: ExchangeContext;
  readonly #hooks: HookRunner;
  readonly #streams: ConnectionList;
  readonly #onPluginFailed: (plugin: string, error: unknown) => void;
  /** Where the body goes: to the client, or through the event stream or the answer of gRPC-Web that it is. */
  #output: BodyOutput;
  #events: EventStream | null = null;
  #grpcWeb: GrpcWebResponse | null = null;
  /** Not 0: the gateway shuts down, and cuts what is left then. */
  #shutdownAt = 0;
  #call: ProxyCall | null = null;
  #filter: ResponseFilter | null = null;
  // The body flows while neither a busy hook nor a slow client holds it up.
  #held = false;
  #blocked = false;

  /**
   * @param streams event streams in progress, for their deadlines
   * @param onPluginFailed a hook threw or answered nonsense, or (error null) the body exceeds a plugin's cap
   */
  constructor(
    context: ExchangeContext,
    hooks: HookRunner,
    streams: ConnectionList,
    onPluginFailed: (plugin: string, error: unknown) => void,
  ) {
    this.#context = context;
    this.#output = context.exchange.downstream;
    this.#streams = streams;
    this.#hooks = hooks;
    this.#onPluginFailed = onPluginFailed;
  }

  begin(): void {
    this.#call = null;
    this.#filter = null;
    this.#held = false;
    this.#blocked = false;
  }

  stop(): void {
    this.#filter?.stop();
    if (this.#events !== null) this.#leaveEventStream(this.#events);
    if (this.#grpcWeb !== null) this.#leaveGrpcWeb();
  }

  // --- from an endpoint ------------------------------------------------------------------------------------------

  sendUpstreamHead(head: ResponseHead, call: ProxyCall): void {
    this.#call = call;
    const chain = this.#context.route!.chain;
    if (chain !== null && (chain.onResponse.length > 0 || chain.onResponseBody.length > 0)) {
      this.#sendThroughHooks(head, call);
      return;
    }
    if (this.#context.grpcWeb !== null) this.#enterGrpcWeb(head.status, head.headers, sentAlone(head));
    const web = this.#grpcWeb !== null;
    const sized = head.contentLength >= 0 && head.status !== 204 && !web;
    const lines = head.headers.lines(sized ? DROP_RESPONSE_KEEP_LENGTH : DROP_RESPONSE);
    const framing = sized || (head.bodyKind === BODY_NONE && !web) ? FRAMING_AS_IS : FRAMING_STREAM;
    if (head.eventStream) this.#enterEventStream(head.headers);
    const { downstream } = this.#context.exchange;
    downstream.sendHead(head.status, head.reason, lines + this.#extraLines(head, call), framing, 0);
  }

  /** The 101 of an endpoint goes through the response hooks too; `open` gets the field lines for the client. */
  sendSwitch(head: ResponseHead, call: ProxyCall, open: (lines: string) => void): void {
    const lines = head.headers.lines(DROP_RESPONSE) + this.#extraLines(head, call);
    const { chain } = this.#context.route!;
    if (chain === null || chain.onResponse.length === 0) {
      open(lines);
      return;
    }
    const view = new ResponseView(head.status, false, false, lines, false);
    this.#runHooks(view, (reply) => {
      if (reply !== undefined) {
        call.cancel();
        this.#deliverReply(reply);
      } else if (view.status !== view.originalStatus) {
        this.#onPluginFailed('onResponse', new TypeError('a 101 keeps its status; a reply refuses it'));
      } else {
        open(view.headers.lines);
      }
    });
  }

  /** Date if the endpoint sent none (rule B12), and the cookie of sticky sessions. */
  #extraLines(head: ResponseHead, call: ProxyCall): string {
    const lines = head.hasDate ? '' : `Date: ${httpDate()}\r\n`;
    if (call.runtime.record.sticky === null) return lines;
    const { group } = call.runtime;
    // Only for a client that has no cookie yet, or whose endpoint is not the one that answered.
    if (group.stickyIndex(this.#context, this.#context.exchange.startedAt) === call.endpoint) return lines;
    return `${lines}Set-Cookie: ${group.stickyCookie(call.endpoint)}\r\n`;
  }

  #sendThroughHooks(head: ResponseHead, call: ProxyCall): void {
    const sized = head.contentLength >= 0 && head.status !== 204;
    const lines = head.headers.lines(sized ? DROP_RESPONSE_KEEP_LENGTH : DROP_RESPONSE);
    const hasBody = head.bodyKind !== BODY_NONE;
    const view = new ResponseView(head.status, hasBody, false, lines + this.#extraLines(head, call), sized);
    const { reason, eventStream } = head;
    const sent = this.#context.grpcWeb === null ? null : sentAlone(head);
    this.#runHooks(
      view,
      (reply) => {
        if (reply !== undefined) {
          call.cancel();
          this.#deliverReply(reply);
          return;
        }
        if (eventStream && view.sendsBody) this.#enterEventStream(view.headers);
        else this.#enterGrpcWeb(view.status, view.headers, sent);
        this.#sendViewHead(view, reason);
        if (view.sendsBody === hasBody) {
          call.releaseResponse();
        } else {
          call.cancel();
          this.#output.endBody('');
        }
      },
      () => call.holdResponse(),
    );
  }

  #runHooks(view: ResponseView, then: (reply: PluginReply | undefined) => void, onWait?: () => void): void {
    const { route, view: exchange } = this.#context;
    this.#hooks.run(
      route!.chain!.onResponse,
      (link) => link.hooks.onResponse!(exchange!, view),
      (reply) => {
        if (reply !== undefined || view.hasLegalStatus) then(reply);
        else this.#onPluginFailed('onResponse', new TypeError(`illegal status ${view.status}`));
      },
      onWait,
    );
  }

  #sendViewHead(view: ResponseView, reason: string): void {
    const chain = this.#context.route!.chain!;
    const links = this.#events === null ? chain.onResponseBody : chain.onStreamBody;
    const { downstream } = this.#context.exchange;
    const { headers, sendsBody } = view;
    const changed = view.status !== view.originalStatus;
    if (changed) view.fitLength();
    if (sendsBody && links.length > 0) {
      this.#filter = new ResponseFilter(links, this.#context.view!, this.#output, this);
      if (this.#filter.collects) headers.delete('content-length');
      else if (headers.hasLength) this.#filter.expect(parseContentLength(headers.get('content-length')!));
    }
    const asIs = headers.hasLength || (!sendsBody && this.#grpcWeb === null);
    const framing = asIs ? FRAMING_AS_IS : FRAMING_STREAM;
    const text = changed ? statusText(view.status) : reason;
    const send = (): void => downstream.sendHead(view.status, text, headers.lines, framing, 0);
    if (this.#filter?.collects && !view.local && this.#grpcWeb === null) this.#filter.holdHead(send);
    else send();
  }

  sendUpstreamData(input: Buffer, start: number, end: number): void {
    if (this.#filter !== null) this.#filter.write(retain(input, start, end));
    else if (!this.#output.sendBody(input, start, end)) this.onDownstreamBlocked();
  }

  sendUpstreamEnd(trailers: string): void {
    const filtered = filterTrailers(trailers);
    if (this.#filter !== null) this.#filter.end(filtered);
    else this.#output.endBody(filtered);
  }

  // --- event streams ---------------------------------------------------------------------------------------------

  /** Compressed events are followed by nobody: no heartbeat, and a shutdown cuts them. */
  #enterEventStream(headers: HeaderView): void {
    const coding = headers.get('content-encoding');
    if (coding !== undefined && coding.toLowerCase() !== 'identity') return;
    const { downstream } = this.#context.exchange;
    const { heartbeat } = this.#context.route!.proxy!.eventStream;
    this.#events = new EventStream(downstream, heartbeat, () => this.#endEventStream());
    this.#output = this.#events;
    this.#streams.add(this.#events);
    this.#context.lasts();
    if (this.#shutdownAt !== 0) this.#events.shutdown(this.#shutdownAt);
  }

  #leaveEventStream(events: EventStream): void {
    this.#streams.remove(events);
    this.#events = null;
    this.#output = this.#context.exchange.downstream;
  }

  /** The gateway shuts down, and the last event is complete: the client sees an end and connects to another gateway. */
  #endEventStream(): void {
    this.#call!.cancel();
    this.sendUpstreamEnd('');
  }

  shutdown(until: number): void {
    this.#shutdownAt = until;
    this.#events?.shutdown(until);
  }

  // --- gRPC-Web --------------------------------------------------------------------------------------------------

  #enterGrpcWeb(status: number, headers: HeaderView, sent: ReadonlySet<string> | null): void {
    const { grpcWeb, exchange } = this.#context;
    if (grpcWeb === null || !isGrpcResponse(status, headers)) return;
    this.#grpcWeb = new GrpcWebResponse(exchange.downstream, grpcWeb, headers, sent);
    this.#output = this.#grpcWeb;
  }

  #leaveGrpcWeb(): void {
    this.#grpcWeb = null;
    this.#output = this.#context.exchange.downstream;
  }

  /**
   * Ends a response that has begun with the status of an error, as a service would.
   *
   * @param resetCode of the endpoint, or NO_RESET
   * @returns false when the protocol, or the place, has no room for that
   */
  endWithStatus(code: ErrorCode, resetCode: number): boolean {
    const { exchange, grpc } = this.#context;
    const inTrailers = exchange.head.version === 20 && grpc?.takesTrailers === true;
    if (this.#grpcWeb === null && !inTrailers) return false;
    // What a hook still holds is lost, as it is when the connection is cut.
    this.#filter?.stop();
    const { status, title } = ERRORS[code];
    const told = resetCode === NO_RESET ? grpcStatus(status) : statusOfReset(resetCode);
    this.#context.grpcReply = told;
    if (this.#grpcWeb !== null) return this.#grpcWeb.endWithStatus(told, title);
    exchange.downstream.endBody(statusLines(told, title));
    return true;
  }

  // --- made here -------------------------------------------------------------------------------------------------

  /** Sends a response of the gateway or a plugin, through the response hooks of the route if it has any. */
  sendLocal(made: LocalReply): void {
    this.#dropFilter();
    const reply = this.#inProtocol(made);
    const chain = this.#context.route?.chain ?? null;
    if (chain === null || (chain.onResponse.length === 0 && chain.onResponseBody.length === 0)) {
      this.deliver(reply);
      return;
    }
    const { body, status } = reply;
    const { downstream, head } = this.#context.exchange;
    const hasBody = body !== null && head.method !== 'HEAD';
    const length = status === 204 || status === 304 ? '' : `Content-Length: ${body?.length ?? 0}\r\n`;
    const lines = `${length}Date: ${httpDate()}\r\n${reply.lines}`;
    const view = new ResponseView(status, hasBody, true, lines, length !== '');
    this.#runHooks(view, (other) => {
      if (other !== undefined) {
        this.#deliverReply(other);
        return;
      }
      this.#sendViewHead(view, statusText(view.status));
      if (this.#filter !== null) {
        this.#filter.write(body!);
        this.#filter.end('');
        return;
      }
      if (view.sendsBody) downstream.sendBody(body!, 0, body!.length);
      downstream.endBody('');
    });
  }

  /** A gRPC client reads nothing but the status that it knows. */
  #inProtocol(reply: LocalReply): LocalReply {
    if (reply.status < 400) return reply;
    const { head } = this.#context.exchange;
    const web = this.#context.grpcWeb ?? grpcWebForm(head.headers);
    if (web === null && !(head.version === 20 && isGrpc(head.headers))) return reply;
    this.#context.grpcReply = grpcStatus(reply.status);
    return web === null ? reply.asGrpc() : reply.asGrpcWeb(web);
  }

  #deliverReply(reply: PluginReply): void {
    let local: LocalReply;
    try {
      local = LocalReply.fromPlugin(reply);
    } catch (error) {
      this.#onPluginFailed('onResponse', error);
      return;
    }
    this.deliver(local);
  }

  /** Sends a response made here as it is. */
  deliver(made: LocalReply): void {
    if (this.#context.over) return;
    this.#dropFilter();
    const reply = this.#inProtocol(made);
    const { downstream, head } = this.#context.exchange;
    const lines = `Date: ${httpDate()}\r\n${reply.lines}`;
    const { status, body } = reply;
    if (status === 204 || status === 304) {
      downstream.sendHead(status, statusText(status), lines, FRAMING_AS_IS, 0);
    } else {
      downstream.sendHead(status, statusText(status), lines, FRAMING_LENGTH, body === null ? 0 : body.length);
      if (body !== null && head.method !== 'HEAD') downstream.sendBody(body, 0, body.length);
    }
    downstream.endBody('');
  }

  /** Of a response that failed before any of it was sent. */
  #dropFilter(): void {
    this.#filter?.stop();
    this.#filter = null;
  }

  // --- backpressure ----------------------------------------------------------------------------------------------

  /** The client is slow (rule C17). */
  onDownstreamBlocked(): void {
    this.#blocked = true;
    this.#call?.pauseDownload();
  }

  onDrain(): void {
    this.#blocked = false;
    this.#events?.drained();
    if (!this.#held) this.#call?.resumeDownload();
  }

  /** From the filter: a hook is busy, or has caught up. */
  holdResponseBody(held: boolean): void {
    this.#held = held;
    if (held) this.#call?.pauseDownload();
    else if (!this.#blocked) this.#call?.resumeDownload();
  }

  bodyHookFailed(plugin: string, error: unknown): void {
    this.#onPluginFailed(plugin, error);
  }
}

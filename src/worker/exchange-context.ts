import type { Exchange } from '../engine/exchange.ts';
import type { ErrorCode } from '../http/errors.ts';
import { KIND_REQUEST_ID, KIND_TRACEPARENT } from '../http/field-kind.ts';
import { DROP_TRUSTED, DROP_UNTRUSTED } from '../http/forwarding.ts';
import { NO_STATUS } from '../http/grpc-status.ts';
import type { GrpcWebForm } from '../http/grpc-web.ts';
import type { HeaderBlock } from '../http/header-block.ts';
import type { PredicateSource } from '../routing/predicates.ts';
import {
  isTraceparent,
  newIdLines,
  newRequestId,
  requestIdIn,
  traceIdOf,
  traceparentIn,
} from '../telemetry/trace-context.ts';
import type { PickContext } from '../upstream/pick-context.ts';
import { clientAddress } from './client-address.ts';
import type { CompiledRoute } from './compiled-route.ts';
import type { LoadedGeneration } from './generation.ts';
import type { GrpcCall } from './grpc-call.ts';
import { PluginView } from './plugin-view.ts';

/** A request id longer than this is no id but an attempt to fill logs. */
const MAX_REQUEST_ID = 200;

/** What the worker knows about the exchange in progress: shared by the parts of a transaction, reset for each exchange. */
export class ExchangeContext implements PredicateSource, PickContext {
  readonly exchange: Exchange;
  generation: LoadedGeneration;
  /** Null when nothing matched. */
  route: CompiledRoute | null = null;
  routeIndex = -1;
  /** What plugins see; null on routes without plugins. */
  view: PluginView | null = null;
  /** Set when the exchange does not end as the endpoint or a plugin meant it. */
  errorCode: ErrorCode | '' = '';
  errorDetail = '';
  /** Not null: the client speaks gRPC-Web, and its request has been made one of gRPC. */
  grpcWeb: GrpcWebForm | null = null;
  /** Null for all that is no gRPC, and until the request goes to an upstream. */
  grpc: GrpcCall | null = null;
  /** Status of gRPC in an answer that was made here. */
  grpcReply = NO_STATUS;
  /** The exchange goes on for long, see `LoadedGeneration.lasts`. */
  lasting = false;
  /** The exchange has ended: callbacks that come late do nothing. */
  over = true;
  /** A hook has returned a promise: its plugin may come back to what it was given after the end. */
  waited = false;
  /** Both ids, when both were made here; else they are in the next two. */
  #idLines = '';
  #requestId = '';
  #traceparent = '';
  #clientIp = '';
  #query: URLSearchParams | null = null;

  constructor(exchange: Exchange, generation: LoadedGeneration) {
    this.exchange = exchange;
    this.generation = generation;
  }

  begin(generation: LoadedGeneration): void {
    this.generation = generation;
    this.route = null;
    this.view = null;
    this.errorCode = '';
    this.errorDetail = '';
    this.grpcWeb = null;
    this.grpc = null;
    this.grpcReply = NO_STATUS;
    this.over = false;
    this.lasting = false;
    this.waited = false;
    this.#clientIp = '';
    this.#query = null;
    this.#identify();
    this.#dropClaims();
  }

  /** True while the exchange with that serial number is still going on. */
  isCurrent(serial: number): boolean {
    return !this.over && this.exchange.serial === serial;
  }

  /** Request id and trace context: kept where they can be believed, made otherwise. */
  #identify(): void {
    const { head, peer } = this.exchange;
    const headers = head.headers;
    const given = peer.trusted ? headers.valueOfKind(KIND_REQUEST_ID) : '';
    const kept = given.length <= MAX_REQUEST_ID ? given : '';
    const at = headers.indexOfKind(KIND_TRACEPARENT);
    const received = at < 0 ? '' : headers.valueAt(at);
    this.#idLines = '';
    if (at >= 0 && isTraceparent(received)) {
      this.#requestId = kept === '' ? newRequestId() : kept;
      this.#traceparent = received;
      return;
    }
    // A tracestate without a valid traceparent belongs to nothing (W3C Trace Context section 3.3.1).
    if (at >= 0) headers.delete('tracestate');
    const made = newIdLines();
    if (kept === '') {
      this.#idLines = made;
    } else {
      this.#requestId = kept;
      this.#traceparent = traceparentIn(made);
    }
  }

  /** Takes out what this client may not claim (rules B6, B7, A17) before any predicate or plugin sees it. */
  #dropClaims(): void {
    const { head, peer } = this.exchange;
    const headers = head.headers;
    headers.removeKinds(peer.trusted ? DROP_TRUSTED : DROP_UNTRUSTED);
    const owned = this.generation.ownedHeaders;
    for (let i = 0; i < owned.length; i++) {
      const name = owned[i]!;
      if (name.endsWith('*')) headers.deletePrefix(name.slice(0, -1));
      else headers.delete(name);
    }
  }

  setRoute(route: CompiledRoute, index: number): void {
    this.route = route;
    this.routeIndex = index;
    if (route.chain === null) return;
    this.view = new PluginView({
      exchange: this.exchange,
      clientIp: this.clientIp,
      requestId: this.#ownRequestId(),
      traceId: traceIdOf(this.traceparent),
      route: { id: route.route.id, path: route.route.path, params: this.params() },
    });
  }

  /** From here on only plugins and settings of the generation are needed. */
  lasts(): void {
    this.lasting = true;
    this.generation.lasts();
  }

  params(): Readonly<Record<string, string>> {
    return this.generation.snapshot.params(this.routeIndex, this.path);
  }

  captures(): Readonly<Record<string, string>> {
    return this.generation.snapshot.captures(this.routeIndex, this.path);
  }

  get requestId(): string {
    return this.view === null ? this.#ownRequestId() : this.view.requestId;
  }

  #ownRequestId(): string {
    return this.#idLines === '' ? this.#requestId : requestIdIn(this.#idLines);
  }

  get traceparent(): string {
    return this.#idLines === '' ? this.#traceparent : traceparentIn(this.#idLines);
  }

  /** The request id, as the end of its field line, and the line of the trace. */
  get idLines(): string {
    if (this.#idLines !== '' && this.view === null) return this.#idLines;
    return `${this.requestId}\r\ntraceparent: ${this.traceparent}\r\n`;
  }

  get clientIp(): string {
    if (this.#clientIp === '') {
      const { peer, head } = this.exchange;
      this.#clientIp = clientAddress(peer, head.headers, this.generation.trustedProxies);
    }
    return this.#clientIp;
  }

  get path(): string {
    return this.exchange.head.path;
  }

  get headers(): HeaderBlock {
    return this.exchange.head.headers;
  }

  header(name: string): string | undefined {
    return this.exchange.head.headers.get(name);
  }

  query(name: string): string | undefined {
    this.#query ??= new URLSearchParams(this.exchange.head.search);
    return this.#query.get(name) ?? undefined;
  }

  end(): void {
    this.over = true;
    const chain = this.route === null ? null : this.route.chain;
    this.route = null;
    if (this.view === null) return;
    this.view = null;
    // A plugin may have kept the view; its fields must not turn into those of the connection's next request. Reading
    // them anew costs that request 1.5 µs.
    if (chain === null || chain.keepsViews || this.waited) this.exchange.head.releaseHeaders();
  }
}

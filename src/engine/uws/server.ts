import type { ErrorCode } from '../../http/errors.ts';
import { BODY_CHUNKED } from '../../http/framing.ts';
import { coarseClock, onTick } from '../../shared/coarse-clock.ts';
import { ConnectionList, type Listed } from '../connection-list.ts';
import type { Engine, EngineHost } from '../engine.ts';
import {
  LISTEN_EXCLUSIVE,
  type UwsApp,
  type UwsModule,
  type UwsRequest,
  type UwsResponse,
} from './binding.ts';
import { UwsExchange, type UwsShared } from './exchange.ts';
import { type PeerEntry, Peers } from './peers.ts';
import { refuse } from './refusal.ts';
import { RequestText } from './request-text.ts';

/**
 * Largest request head. µWS takes more only when it happens to come in one read, so that the same request would fail now
 * and then; newer builds know a variable that raises their limit.
 */
const HEAD_LIMIT = Number(process.env.UWS_HTTP_MAX_HEADERS_SIZE) || 4096;
/** How long draining waits for requests that are on their way on idle connections, which µWS does not let us see. */
const DRAIN_GRACE_MS = 1000;
/** How often timers of µWS that our own replace are kept from firing; they take eight seconds at the least. */
const RESTART_MS = 3000;

export interface UwsAddress {
  /** IP literal. */
  readonly host: string;
  readonly port: number;
  /** Other workers listen on the port too. */
  readonly shared: boolean;
}

/** HTTP/1.1 by µWebSockets.js. What it cannot do is in `known-refusals.ts`. */
export class UwsEngine implements Engine, UwsShared {
  readonly host: EngineHost;
  readonly inFlight = new ConnectionList();
  draining = false;
  readonly #module: UwsModule;
  readonly #app: UwsApp;
  readonly #address: UwsAddress;
  readonly #text = new RequestText();
  readonly #peers: Peers<UwsExchange>;
  #maxConnections: number;
  #listener: object | null = null;
  #port = 0;
  #drainedFrom = 0;
  #restartAt = 0;
  #closed = false;
  #waiting: UwsExchange[] = [];

  /** @param maxConnections further requests than this at once are cut off */
  constructor(host: EngineHost, module: UwsModule, address: UwsAddress, maxConnections: number) {
    this.host = host;
    this.#module = module;
    this.#address = address;
    this.#maxConnections = maxConnections;
    this.#peers = new Peers(() => this.#port);
    module._cfg('silent');
    this.#app = module.App().any('/*', (response, request) => this.#receive(response, request));
    onTick((now) => this.#sweep(now));
  }

  #sweep(now: number): void {
    this.inFlight.sweep(now);
    if (now < this.#restartAt) return;
    this.#restartAt = now + RESTART_MS;
    this.inFlight.each((member) => (member as UwsExchange).restartTimer());
  }

  /** Connections with a request in flight; and one more while draining waits for those that may follow. */
  get connections(): number {
    const grace = this.draining && coarseClock.now < this.#drainedFrom + DRAIN_GRACE_MS;
    return this.inFlight.size + (grace ? 1 : 0);
  }

  listen(): Promise<number> {
    const { host, port, shared } = this.#address;
    return new Promise((resolve, reject) => {
      this.#app.listen(host, port, shared ? 0 : LISTEN_EXCLUSIVE, (socket) => {
        if (socket === false) {
          reject(new Error(`µWebSockets.js cannot listen on port ${port} of ${host}`));
          return;
        }
        // A thread that ends with open sockets of µWS takes the whole process along.
        process.once('exit', () => this.destroy());
        this.#listener = socket;
        this.#port = this.#module.us_socket_local_port(socket);
        resolve(this.#port);
      });
    });
  }

  setMaxConnections(maxConnections: number): void {
    this.#maxConnections = maxConnections;
  }

  stopListening(): void {
    if (this.#listener !== null) this.#module.us_listen_socket_close(this.#listener);
    this.#listener = null;
  }

  drain(until: number): void {
    this.stopListening();
    this.draining = true;
    this.inFlight.each((member) => (member as UwsExchange).onShutdown(until));
    this.#drainedFrom = coarseClock.now;
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.inFlight.each((member: Listed) => (member as UwsExchange).abort());
    this.#app.close();
  }

  nextTurn(exchange: UwsExchange): void {
    if (this.#waiting.push(exchange) === 1) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < waiting.length; i++) waiting[i]!.onTurn();
  };

  /** An exception here would end the process: µWS does not let a handler return without an answer. */
  #receive(response: UwsResponse, request: UwsRequest): void {
    try {
      this.#open(response, request);
    } catch (error) {
      response.close();
      throw error;
    }
  }

  #open(response: UwsResponse, request: UwsRequest): void {
    const entry = this.#peers.entry(response.getRemoteAddress());
    if (this.inFlight.size >= this.#maxConnections) {
      response.onAborted(() => {});
      response.close();
      return;
    }
    const exchange = entry.take() ?? new UwsExchange(this, entry);
    const problem = this.#read(request, exchange, entry);
    if (problem === '') {
      exchange.begin(response, this.#text.closes);
      return;
    }
    const requestId = this.host.newRequestId();
    refuse(response, problem, requestId, exchange.head.method === 'HEAD');
    this.host.onRejected(problem, requestId, entry.peer);
    entry.give(exchange);
  }

  #read(request: UwsRequest, { head }: UwsExchange, { peer }: PeerEntry<UwsExchange>): ErrorCode | '' {
    const { limits, pathPolicy, trustedProxies } = this.host.settings;
    peer.judge(trustedProxies);
    head.method = '';
    const text = this.#text.read(request);
    if (text === '') return 'bad_header';
    const problem = head.parse(text, limits, pathPolicy);
    if (problem !== '') return problem;
    if (text.length > Math.min(HEAD_LIMIT, limits.requestLine + limits.headerBytes))
      return 'headers_too_large';
    // µWS takes malformed chunks for well-formed ones where nobody can see it (rule A12), so it gets none.
    if (head.bodyKind === BODY_CHUNKED) return 'length_required';
    if (head.contentLength > limits.body && limits.body !== 0) return 'body_too_large';
    return '';
  }
}

import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { isRefusedForLength } from '../../http/body-limit.ts';
import { MAX_SENT_HEAD } from '../../http/http2-limits.ts';
import { readOn } from '../../http/http2-read.ts';
import { coarseClock, onTick } from '../../shared/coarse-clock.ts';
import type { Http2Settings } from '../../shared/http2-settings.ts';
import type { WorkerLimits } from '../../shared/messages.ts';
import type { ClientTls } from '../client-tls.ts';
import { type ClientConnection, ConnectionList, type Listed } from '../connection-list.ts';
import type { EngineHost } from '../engine.ts';
import { Peer } from '../peer.ts';
import { ArrivedStream } from './arrived-stream.ts';
import { Http2Exchange, type StreamOwner } from './exchange.ts';
import { guardSession, type SessionEnds, stopReading } from './native-session.ts';
import { RequestText } from './request-text.ts';

/** Highest stream id: the first GOAWAY of a drain still lets requests in that are on their way (RFC 9113 section 6.8). */
const MAX_STREAM_ID = 2 ** 31 - 1;
/** Between the two GOAWAYs of a drain, and the patience with a session that was told to close. Milliseconds. */
const DRAIN_GRACE_MS = 1000;
/** How often a connection is looked at of which nothing is heard. Milliseconds. */
const CHECK_MS = 2000;
/** Frames that violate the protocol, and streams over the limit, before the session ends. */
const MAX_INVALID_FRAMES = 100;
const MAX_REJECTED_STREAMS = 100;
/** Node refuses streams beyond; its own 10 are reached by many slow readers of large bodies. */
const MAX_SESSION_MEGABYTES = 32;
/** Streams a client may reset per second in the long run (rule D7, CVE-2023-44487). */
const RESETS_PER_SECOND = 33;

/** Exchanges that a connection keeps for its next streams while it has some. */
const MAX_SPARE = 32;

/** All exchanges of this thread that have something still to do, for their deadlines. */
const exchanges = new ConnectionList();
onTick((now, missed) => exchanges.sweep(now, missed));

type SessionOptions = Parameters<typeof performServerHandshake>[1];

/** Which of a session's numbers a client may choose to be ours to bear, and which not. */
function sessionOptions(http2: Http2Settings, limits: WorkerLimits): SessionOptions {
  const { maxConcurrentStreams, streamWindow } = http2;
  return {
    settings: {
      maxConcurrentStreams,
      initialWindowSize: streamWindow,
      maxHeaderListSize: limits.headerBytes,
      enablePush: false,
      // WebSockets over HTTP/2 (RFC 8441): browsers then use the connection they have.
      enableConnectProtocol: true,
    },
    // The five pseudo-fields and crumbs of cookies come on top of what HTTP/1.1 counts.
    maxHeaderListPairs: limits.headerCount * 2,
    maxSendHeaderBlockLength: MAX_SENT_HEAD,
    maxSessionMemory: MAX_SESSION_MEGABYTES,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    maxSessionRejectedStreams: MAX_REJECTED_STREAMS,
    streamResetBurst: maxConcurrentStreams * 2,
    streamResetRate: RESETS_PER_SECOND,
  } as SessionOptions;
}

/** One HTTP/2 client connection on a session of Node's: makes exchanges of streams, watches over its health. */
export class Http2Connection implements ClientConnection, StreamOwner {
  previous: Listed | null = null;
  next: Listed | null = null;
  deadline = 0;

  readonly host: EngineHost;
  readonly peer: Peer;
  readonly scheme: 'http' | 'https';
  readonly #streams = new Set<Http2Exchange>();
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #ends: SessionEnds;
  readonly #list: ConnectionList;
  readonly #text = new RequestText();
  #arrived: ArrivedStream[] = [];
  readonly #spare: Http2Exchange[] = [];
  #pinging = false;
  /** Coarse-clock time of the next PING, while it has streams. */
  #pingAt = 0;
  /** Coarse-clock time until which it may have no streams. */
  #idleUntil = 0;
  #served = false;
  #draining = false;
  #drainUntil = 0;
  #closing = false;
  #gone = false;

  /**
   * @param socket with what was read of the session put back; TLS has agreed on `h2`, or it is plain
   * @param tls null for a plain connection
   */
  constructor(socket: Socket, host: EngineHost, list: ConnectionList, tls: ClientTls | null) {
    const { http2, limits } = host.settings;
    this.#socket = socket;
    this.host = host;
    this.#list = list;
    this.peer = new Peer(socket.remoteAddress ?? '', socket.localPort ?? 0, tls);
    this.scheme = tls === null ? 'http' : 'https';
    this.#idleFor(limits.headerTimeout);
    const session = performServerHandshake(socket, sessionOptions(http2, limits));
    this.#session = session;
    this.#ends = guardSession(session, () => this.#closeWhenIdle());
    session.on('stream', (stream: ServerHttp2Stream, _headers: unknown, _flags: unknown, raw: unknown) =>
      this.#onStream(stream, raw as readonly string[]),
    );
    session.on('error', () => this.#cut());
    session.on('close', () => this.#onClose());
    socket.on('end', () => this.#cut());
    socket.on('close', () => this.#onClose());
    list.add(this);
  }

  /** GOAWAY twice (rule C19): requests on their way are still served, later ones go elsewhere. */
  drain(until: number): void {
    if (this.#draining || this.#gone) return;
    this.#draining = true;
    this.#drainUntil = until;
    for (const stream of this.#streams) stream.onShutdown(until);
    if (!this.#session.destroyed) this.#session.goaway(constants.NGHTTP2_NO_ERROR, MAX_STREAM_ID);
    this.deadline = coarseClock.now + DRAIN_GRACE_MS;
  }

  destroy(): void {
    this.#cut();
  }

  abandon(): void {
    stopReading(this.#socket);
  }

  onDeadline(now: number): void {
    if (this.#draining && !this.#closing) {
      this.#closeWhenIdle();
    } else if (this.#streams.size === 0) {
      this.#onIdle(now);
    } else if (now < this.#pingAt) {
      readOn(this.#socket);
      for (const stream of this.#streams) stream.check();
      this.#checkAgain(now);
    } else if (this.#pinging || this.#session.destroyed) {
      // Dead, or in an error that Node does not tell.
      this.#cut();
    } else {
      this.#ping();
      this.#watch(now);
    }
  }

  #onIdle(now: number): void {
    this.#spare.length = 0;
    if (now < this.#idleUntil) {
      readOn(this.#socket);
      this.deadline = Math.min(this.#idleUntil, now + CHECK_MS);
    } else if (this.#closing || !this.#served) {
      // Told to close, or a preface that never became a session.
      this.#cut();
    } else {
      this.#closeWhenIdle();
    }
  }

  /** From an exchange that is over for good. */
  onStreamGone(stream: Http2Exchange): void {
    this.#streams.delete(stream);
    exchanges.remove(stream);
    if (this.#streams.size > 0 || this.#gone) return;
    this.#pinging = false;
    if (this.#closing) {
      this.#idleFor(DRAIN_GRACE_MS);
      setImmediate(this.#closeIfIdle);
    } else if (!this.#draining) this.#idleFor(this.host.settings.limits.keepAliveTimeout);
  }

  onReusable(stream: Http2Exchange): void {
    if (this.#spare.length < MAX_SPARE && !this.#gone) this.#spare.push(stream);
  }

  /** GOAWAY, and the end behind the last stream. What the client opens before it has read that is served too. */
  #closeWhenIdle(): void {
    if (this.#gone || this.#closing) return;
    this.#closing = true;
    this.#watch(coarseClock.now);
    setImmediate(() => {
      if (!this.#session.destroyed) this.#session.goaway(constants.NGHTTP2_NO_ERROR);
      this.#closeIfIdle();
    });
  }

  readonly #closeIfIdle = (): void => {
    if (this.#streams.size === 0 && this.#arrived.length === 0) this.#ends.close();
  };

  #watch(now: number): void {
    if (this.#streams.size === 0) this.#idleFor(DRAIN_GRACE_MS);
    else this.#expectPing(now);
  }

  #expectPing(now: number): void {
    this.#pingAt = now + this.host.settings.http2.pingInterval;
    this.#checkAgain(now);
  }

  #checkAgain(now: number): void {
    this.deadline = Math.min(this.#pingAt, now + CHECK_MS);
  }

  #idleFor(time: number): void {
    this.#idleUntil = coarseClock.now + time;
    this.deadline = coarseClock.now + Math.min(time, CHECK_MS);
  }

  #ping(): void {
    this.#pinging = this.#session.ping((error) => {
      if (error === null) this.#pinging = false;
    });
  }

  #cut(): void {
    this.#ends.destroy();
    this.#socket.destroy();
    this.#onClose();
  }

  #onClose(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.deadline = 0;
    this.#list.remove(this);
    for (const stream of this.#streams) stream.onGone();
    this.#socket.destroy();
    this.host.onConnection(-1);
  }

  /**
   * Begins no exchange before all of the read was looked at: a client that opens and resets streams in one go gets no
   * work done for them (rule D7).
   */
  #onStream(stream: ServerHttp2Stream, raw: readonly string[]): void {
    this.#served = true;
    if (this.#arrived.push(new ArrivedStream(stream, raw)) === 1) setImmediate(this.#beginArrived);
  }

  readonly #beginArrived = (): void => {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const one of arrived) {
      if (!one.stream.destroyed && !one.stream.closed && !this.#gone) this.#begin(one);
    }
  };

  #begin(arrived: ArrivedStream): void {
    const { host, peer, scheme } = this;
    const { limits, pathPolicy, trustedProxies } = host.settings;
    peer.judge(trustedProxies);
    const spare = this.#spare.pop();
    spare?.reuse(arrived);
    const exchange = spare ?? new Http2Exchange(this, arrived);
    if (this.#streams.size === 0 && !this.#draining) this.#expectPing(coarseClock.now);
    this.#streams.add(exchange);
    exchanges.add(exchange);
    const origin = { scheme, trusted: peer.trusted };
    const { head } = exchange;
    const problem = this.#text.read(
      arrived.raw,
      arrived.stream.endAfterHeaders,
      head,
      origin,
      limits,
      pathPolicy,
    );
    if (problem !== '') exchange.reject(problem);
    else if (isRefusedForLength(head, limits.body)) exchange.reject('body_too_large');
    else if (peer.tls !== null && !peer.tls.serves(head.host)) exchange.reject('misdirected_request');
    else exchange.begin();
    if (this.#draining) exchange.onShutdown(this.#drainUntil);
  }
}

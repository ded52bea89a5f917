import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { closeNative } from '../../../http/http2-close.ts';
import { MAX_SENT_HEAD } from '../../../http/http2-limits.ts';
import { readOn } from '../../../http/http2-read.ts';
import { MAX_FIELDS, type ResponseHead } from '../../../http/response-head.ts';
import { coarseClock, onTick } from '../../../shared/coarse-clock.ts';
import type { Connector } from '../connector.ts';
import type { UpstreamCall } from '../upstream-call.ts';
import { H2Stream, type StreamSession } from './stream.ts';

/** Streams on one connection at most, and until an endpoint has said how many it takes. */
export const MOST_STREAMS = 100;
/** What an endpoint may send of a body before the client has taken any. Bytes. */
const STREAM_WINDOW = 256 * 1024;
/** And of all bodies of a connection together. */
const SESSION_WINDOW = 4 * 1024 * 1024;
/** Node refuses streams beyond; its own 10 are reached by many uploads to an endpoint that reads slowly. */
const SESSION_MEGABYTES = 64;
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;
/** How long a connection that seems dead has to answer a PING. Milliseconds. */
const PING_PATIENCE = 2000;
/** How long the endpoint has to end its side of a connection that was closed. Milliseconds. */
const CLOSE_PATIENCE = 5000;
/** Between two looks at every connection. Milliseconds. */
const CHECK_MS = 1000;

/** All connections of this thread, also those that their pools have let go of. */
const sessions = new Set<H2Session>();
let nextCheck = 0;
onTick((now, missed) => {
  // Answers to a PING that this thread could not read yet must not be missed.
  if (missed > 0) nextCheck = now + CHECK_MS;
  if (now < nextCheck) return;
  nextCheck = now + CHECK_MS;
  for (const session of sessions) session.check(now);
});

/** Where a session belongs. */
export interface SessionOwner {
  /** It can take another call. */
  available(session: H2Session): void;
  /** It is closed, or takes no new calls any more. */
  remove(session: H2Session): void;
  closed(): void;
  /** The endpoint takes that many streams on a connection. */
  limited(streams: number): void;
}

/** One HTTP/2 connection to an endpoint, shared by many calls. */
export class H2Session implements StreamSession {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Handshakes are done. */
  connected = false;
  everConnected = false;
  /** Has answered a request. */
  proven = false;
  /** Why the connection is gone; `''` while it is not. */
  lost = '';
  /** By the GOAWAY that ended it at once, the last stream that the endpoint may have begun with; -1: there was none. */
  lastBegun = -1;
  /** Coarse-clock time since which it has no calls. */
  idleSince = coarseClock.now;
  #limit: number;
  #accepts = true;
  #closed = false;
  /** Coarse-clock time of the PING that has not been answered yet, else 0. */
  #suspectSince = 0;
  readonly #owner: SessionOwner;
  /** Null: the host name does not resolve. */
  readonly #session: ClientHttp2Session | null;
  readonly #socket: Socket | null = null;
  /** Coarse-clock time at which it was told to close, else 0. */
  #closingSince = 0;
  /** What waits until the endpoint has said what it can do. */
  #unsettled: (() => void)[] | null = [];
  /** Never more than there were calls at once. */
  readonly spareHeads: ResponseHead[] = [];
  /** Calls that hold a place. */
  readonly #streams = new Set<H2Stream>();

  /** @param limit streams until the endpoint says how many it takes */
  constructor(owner: SessionOwner, address: string, port: number, connector: Connector, limit: number) {
    this.#owner = owner;
    this.#limit = limit;
    this.address = address;
    this.scheme = connector.ready === 'connect' ? 'http' : 'https';
    if (address === '') {
      this.#session = null;
      this.#accepts = false;
      this.lost = 'the host name does not resolve';
      process.nextTick(() => this.#onClose());
      return;
    }
    const socket = connector.connect({ host: address, port, ...SOCKET });
    const session = connect(`${this.scheme}://endpoint`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
      peerMaxConcurrentStreams: limit,
      maxHeaderListPairs: MAX_FIELDS + 1,
      maxSendHeaderBlockLength: MAX_SENT_HEAD,
      maxSessionMemory: SESSION_MEGABYTES,
    });
    this.#session = session;
    this.#socket = socket;
    sessions.add(this);
    session.on('connect', () => this.#onConnect(socket as TLSSocket));
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.#setLimit(maxConcurrentStreams);
      this.#settle();
    });
    session.on('goaway', (code, lastStream) => this.#onGoaway(code, lastStream));
    session.on('error', (error: NodeJS.ErrnoException) => this.#onLost(error.code ?? error.message));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onLost(error.code ?? error.message));
    socket.on('close', () => this.#onClose());
    session.on('close', () => this.#onClose());
  }

  get accepts(): boolean {
    return this.#accepts && this.#streams.size < this.#limit && this.#suspectSince === 0;
  }

  get active(): number {
    return this.#streams.size;
  }

  attach(call: UpstreamCall): H2Stream {
    const stream = new H2Stream(this, call);
    this.#streams.add(stream);
    return stream;
  }

  /** Calls `go` once the settings of the endpoint are known, or the connection is gone. */
  whenSettled(go: () => void): void {
    if (this.#unsettled === null) go();
    else this.#unsettled.push(go);
  }

  #settle(): void {
    const waiting = this.#unsettled;
    this.#unsettled = null;
    if (waiting !== null) for (const go of waiting) go();
  }

  /** The endpoint takes extended CONNECT (RFC 8441 section 3); unknown before it has settled. */
  get takesConnect(): boolean {
    return this.#session?.remoteSettings?.enableConnectProtocol === true;
  }

  /** @returns null when it takes none any more. @throws Error when Node does not put the head on the wire */
  open(headers: OutgoingHttpHeaders, bodyFollows: boolean): ClientHttp2Stream | null {
    const session = this.#session;
    if (session === null || session.destroyed || session.closed) return null;
    // Waiting for trailers also keeps Node from ending a request in good order that has to be reset: half of an upload
    // would look like all of it to the endpoint (rule C3).
    return session.request(headers, { endStream: !bodyFollows, waitForTrailers: bodyFollows });
  }

  /** A call has given its place back. */
  release(stream: H2Stream): void {
    if (!this.#streams.delete(stream)) return;
    if (this.#streams.size === 0) this.idleSince = coarseClock.now;
    if (this.accepts) this.#owner.available(this);
    else if (this.#streams.size === 0 && !this.#accepts) this.#close();
  }

  /** A call got no answer in time: find out whether anything still lives there. */
  suspect(): void {
    if (this.#suspectSince !== 0 || !this.connected || this.#session?.destroyed !== false) return;
    const sent = this.#session.ping((error) => {
      this.#suspectSince = 0;
      if (error === null && this.accepts) this.#owner.available(this);
    });
    if (sent) this.#suspectSince = coarseClock.now;
  }

  /** Finds out what Node does not tell, and cuts the connection when its time is over. */
  check(now: number): void {
    if (this.#suspectSince !== 0 && now - this.#suspectSince >= PING_PATIENCE) {
      this.#onLost('no answer to a PING');
      this.destroy();
    } else if (this.#closingSince !== 0 && now - this.#closingSince >= CLOSE_PATIENCE) {
      this.destroy();
    } else {
      for (const stream of this.#streams) stream.check();
      if (this.connected) readOn(this.#socket!);
    }
  }

  /** Takes no more calls and closes after those it has. */
  retire(): void {
    if (!this.#accepts) return;
    this.#accepts = false;
    this.#owner.remove(this);
    if (this.#streams.size === 0) this.#close();
  }

  #close(): void {
    this.#closingSince = coarseClock.now;
    this.#session?.close();
  }

  /** Not from inside a read. */
  destroy(): void {
    const session = this.#session;
    if (session?.destroyed === false) {
      closeNative(session);
      session.destroy(undefined, constants.NGHTTP2_CANCEL);
    }
    // Node would wait until all is written: for ever, when the endpoint does not read.
    this.#socket?.destroy();
    this.#onClose();
  }

  #onConnect(socket: TLSSocket): void {
    if (this.scheme === 'https' && socket.alpnProtocol !== 'h2') {
      this.lost = 'the endpoint does not speak HTTP/2 (ALPN)';
      this.destroy();
      return;
    }
    this.connected = true;
    this.everConnected = true;
    if (this.#session?.destroyed === false) this.#session.setLocalWindowSize(SESSION_WINDOW);
    for (const stream of this.#streams) stream.onConnected();
  }

  #setLimit(stated: number | undefined): void {
    this.#limit = Math.min(stated ?? MOST_STREAMS, MOST_STREAMS);
    this.#owner.limited(this.#limit);
    if (this.accepts) this.#owner.available(this);
  }

  /** Calls that the endpoint has not begun come back as refused; the others may finish. */
  #onGoaway(code: number, lastStream: number): void {
    if (code !== constants.NGHTTP2_NO_ERROR) {
      this.lost = `GOAWAY with code ${code}`;
      this.lastBegun = lastStream;
    }
    this.retire();
  }

  #onLost(detail: string): void {
    if (this.lost === '') this.lost = detail;
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    sessions.delete(this);
    this.connected = false;
    if (this.lost === '') this.lost = 'closed by the endpoint';
    this.#accepts = false;
    this.#owner.remove(this);
    if (this.#session?.destroyed === false) this.#session.destroy();
    this.#settle();
    this.#owner.closed();
  }
}

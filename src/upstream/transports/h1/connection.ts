import type { Socket } from 'node:net';
import { BARE_LINE_END } from '../../../http/bare-line-end.ts';
import { ChunkedDecoder } from '../../../http/chunked.ts';
import { DROP_RESPONSE } from '../../../http/forwarding.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '../../../http/framing.ts';
import { latin1 } from '../../../http/latin1.ts';
import { ResponseHead } from '../../../http/response-head.ts';
import { PROBE_AFTER_MS, SocketStream } from '../../../http/socket-stream.ts';
import type { ByteOutput } from '../../../shared/byte-output.ts';
import { coarseClock } from '../../../shared/coarse-clock.ts';
import { type DirectReader, readerOf } from '../../../shared/direct-sockets.ts';
import { readBuffer } from '../../../shared/read-buffer.ts';
import { type Connector, unresolved } from '../connector.ts';
import {
  FAILURE_CONNECT,
  FAILURE_MALFORMED,
  FAILURE_RESET,
  FAILURE_STALE,
  FAILURE_TRUNCATED,
  type UpstreamCall,
  type UpstreamConnection,
} from '../upstream-call.ts';

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
const SMALL_READ = 4096;
const MAX_HEAD = 64 * 1024;
/** Interim responses one request may get before the final one. */
const MAX_INFORMATIONAL = 32;

/** An endpoint that vanished in the middle of a stream of events is found by the kernel: silence is no sign there. */
const PROBES = { keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS } as const;

const STATE_CONNECTING = 0;
const STATE_IDLE = 1;
const STATE_HEAD = 2;
const STATE_BODY = 3;
/** Switched to another protocol: the bytes belong to the stream. */
const STATE_TUNNEL = 4;
const STATE_CLOSED = 5;

/** Where a connection belongs. */
export interface ConnectionOwner {
  /** Its exchange is complete and it can serve another one. */
  release(connection: H1Connection): void;
  /** It is closed. */
  remove(connection: H1Connection): void;
  /** It became a tunnel: it stays open but serves no exchange any more. */
  detach(): void;
  /** A detached one is closed. */
  detachedClosed(): void;
}

/** One HTTP/1.1 connection to an endpoint; serves one call at a time. */
export class H1Connection implements UpstreamConnection {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #output: ByteOutput;
  readonly address: string;
  readonly #head = new ResponseHead();
  #decoder: ChunkedDecoder | null = null;
  #reader: DirectReader | null = null;
  #call: UpstreamCall | null = null;
  #state = STATE_CONNECTING;
  #partial = '';
  /** Head of a request that waits for the first piece of its body: one write for both takes a third of the CPU time. */
  #waitingHead = '';
  #remaining = 0;
  #informational = 0;
  #toHead = false;
  #requestDone = false;
  #chunkedRequest = false;
  #upgrade = false;
  #stream: SocketStream | null = null;
  #reused = false;
  /** Coarse-clock time since which it is idle. */
  idleSince = 0;
  /** Milliseconds it may idle by the endpoint's own word, 0 if unknown (rule C14). */
  idleHint = 0;

  constructor(owner: ConnectionOwner, address: string, port: number, connector: Connector) {
    this.#owner = owner;
    this.address = address;
    const onread = {
      buffer: readBuffer,
      callback: (length: number, input: Buffer): boolean => {
        this.#receive(input, length);
        return true;
      },
    };
    const socket =
      address === ''
        ? unresolved()
        : connector.connect({ host: address, port, noDelay: true, allowHalfOpen: true, ...PROBES, onread });
    this.#socket = socket;
    socket.on(connector.ready, () => this.#onConnect());
    this.#output = connector.output(socket, () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: Error) => this.#onError(error));
    socket.on('close', () => this.#onClose('closed'));
  }

  get connected(): boolean {
    return this.#state !== STATE_CONNECTING;
  }

  /** The endpoint has closed it, although nothing has been told of that yet. */
  get ended(): boolean {
    const reader = this.#reader;
    return reader === null ? this.#socket.destroyed : reader.ended || !reader.open;
  }

  /** Gives the connection to a call; it is the call's until it ended, failed, or was abandoned. */
  attach(call: UpstreamCall): void {
    this.#call = call;
    this.#reused = this.#state === STATE_IDLE;
    if (this.#reused) this.#state = STATE_HEAD;
  }

  sendHead(text: string, bodyFollows: boolean, chunked: boolean, toHead: boolean, upgrade: boolean): void {
    this.#toHead = toHead;
    this.#upgrade = upgrade;
    this.#requestDone = !bodyFollows;
    this.#chunkedRequest = chunked;
    this.#informational = 0;
    if (bodyFollows) this.#waitingHead = text;
    else this.#output.writeText(text);
  }

  flushHead(): void {
    if (this.#waitingHead === '' || this.#state === STATE_CONNECTING) return;
    this.#output.writeText(this.#takeHead());
  }

  #takeHead(): string {
    const head = this.#waitingHead;
    this.#waitingHead = '';
    return head;
  }

  write(chunk: Uint8Array): boolean {
    if (chunk.length === 0) return true;
    const size = this.#chunkedRequest ? `${chunk.length.toString(16)}\r\n` : '';
    const before = this.#takeHead() + size;
    const end = this.#chunkedRequest ? '\r\n' : '';
    if (chunk.length <= this.#output.joinLimit) {
      return this.#output.writeText(before + latin1(chunk as Buffer, 0, chunk.length) + end);
    }
    return this.#output.writeChunk(before, chunk, 0, chunk.length, end);
  }

  endRequest(trailers: string): void {
    if (this.#chunkedRequest) this.#output.writeText(`${this.#takeHead()}0\r\n${trailers}\r\n`);
    else this.flushHead();
    this.#requestDone = true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  abandon(): void {
    this.#call = null;
    this.#leave();
  }

  /** Closes an idle connection. */
  close(): void {
    this.#leave();
  }

  /** Leaves the pool at once, so that nobody is handed a connection that is going away. */
  #leave(): void {
    this.#waitingHead = '';
    this.#socket.destroy();
    if (this.#state === STATE_CLOSED) return;
    this.#state = STATE_CLOSED;
    if (this.#stream === null) this.#owner.remove(this);
    else this.#owner.detachedClosed();
  }

  #onDrain(): void {
    if (this.#call !== null) this.#call.onUpstreamDrain();
    else this.#stream?.drained();
  }

  #onConnect(): void {
    this.#state = STATE_HEAD;
    this.#reader = readerOf(this.#socket);
    this.#call?.onConnected();
    this.flushHead();
  }

  /** `input[0, length)` has been read; it is valid until this returns. */
  #receive(input: Buffer, length: number): void {
    const call = this.#call;
    if (call === null) {
      this.#receiveUnasked(input, 0, length);
      return;
    }
    let at = 0;
    while (at < length) {
      if (this.#state === STATE_HEAD) at = this.#readHead(input, at, length);
      else if (this.#state === STATE_BODY) at = this.#readBody(input, at, length);
      else break;
      // Finished, failed or abandoned inside: what is left of this read belongs to nobody.
      if (this.#call !== call) {
        if (at < length) this.#receiveUnasked(input, at, length);
        return;
      }
    }
    call.onReadEnd();
  }

  /** Bytes that are no call's: a tunnel's, or an unsolicited response, which would be taken for the next request's. */
  #receiveUnasked(input: Buffer, at: number, length: number): void {
    if (this.#stream === null) this.#leave();
    else this.#stream.received(input, at, length);
  }

  #readHead(input: Buffer, at: number, length: number): number {
    const known = this.#partial === '' ? this.#head.repeats(input, at, length, this.#toHead) : 0;
    if (known > 0) {
      this.#onHead(at + known < length);
      return at + known;
    }
    let stop = length;
    if (stop - at > SMALL_READ) {
      const end = input.indexOf(HEAD_END, at);
      if (end >= 0 && end + 4 < stop) stop = end + 4;
    }
    const partial = this.#partial;
    const text = partial === '' ? latin1(input, at, stop) : partial + latin1(input, at, stop);
    const end = text.indexOf('\r\n\r\n', Math.max(0, partial.length - 3));
    if (end < 0) {
      this.#partial = text;
      if (text.length > MAX_HEAD) this.#fail(FAILURE_MALFORMED, 'response head over 64 KB');
      else if (BARE_LINE_END.test(text)) this.#fail(FAILURE_MALFORMED, 'bare CR or LF in the head');
      else if (!text.startsWith('HTTP/'.slice(0, text.length)))
        this.#fail(FAILURE_MALFORMED, 'no HTTP/1.x status line');
      return stop;
    }
    const headEnd = end + 4;
    const next = at + headEnd - partial.length;
    this.#partial = '';
    this.#parseHead(headEnd === text.length ? text : text.slice(0, headEnd), next < length);
    return next;
  }

  #parseHead(raw: string, more: boolean): void {
    const problem = this.#head.parse(raw, this.#toHead);
    if (problem === '') this.#onHead(more);
    else this.#fail(FAILURE_MALFORMED, problem);
  }

  /** @param more there are bytes behind the head */
  #onHead(more: boolean): void {
    const head = this.#head;
    if (head.status < 200) {
      this.#onInformational();
      return;
    }
    const call = this.#call!;
    switch (head.bodyKind) {
      case BODY_NONE:
        call.onResponseHead(head);
        if (this.#call === call) this.#finish('', more);
        return;
      case BODY_LENGTH:
        this.#remaining = head.contentLength;
        break;
      case BODY_CHUNKED:
        if (this.#decoder === null) this.#decoder = new ChunkedDecoder();
        this.#decoder.reset(0);
        break;
      default:
    }
    this.#state = STATE_BODY;
    call.onResponseHead(head);
  }

  #onInformational(): void {
    const status = this.#head.status;
    if (status === 101) {
      if (this.#upgrade) this.#switch();
      else this.#fail(FAILURE_MALFORMED, 'unsolicited 101 Switching Protocols');
    } else if (++this.#informational > MAX_INFORMATIONAL) {
      this.#fail(FAILURE_MALFORMED, 'too many interim responses');
    } else if (status === 103 || status === 102) {
      this.#call!.onInformational(status, this.#head.headers.lines(DROP_RESPONSE));
    }
  }

  #switch(): void {
    const call = this.#call!;
    this.#call = null;
    this.#state = STATE_TUNNEL;
    this.#stream = new SocketStream(this.#socket, this.#output, null);
    this.#owner.detach();
    call.onSwitched(this.#head, this.#stream);
  }

  #readBody(input: Buffer, at: number, length: number): number {
    const call = this.#call!;
    switch (this.#head.bodyKind) {
      case BODY_LENGTH: {
        const take = Math.min(this.#remaining, length - at);
        this.#remaining -= take;
        const last = this.#remaining === 0;
        call.onResponseData(input, at, at + take);
        if (last && this.#call === call) this.#finish('', at + take < length);
        return at + take;
      }
      case BODY_CHUNKED: {
        const decoder = this.#decoder!;
        const end = decoder.decode(input, at, length, this);
        if (this.#call !== call) return end;
        if (decoder.failed) this.#fail(FAILURE_MALFORMED, 'malformed chunked body');
        else if (decoder.done) this.#finish(decoder.trailers, end < length);
        return end;
      }
      default:
        call.onResponseData(input, at, length);
        return length;
    }
  }

  /** From the chunked decoder. */
  onChunkData(input: Buffer, start: number, end: number): void {
    this.#call?.onResponseData(input, start, end);
  }

  #finish(trailers: string, surplus = false): void {
    const call = this.#call!;
    this.#call = null;
    const head = this.#head;
    // Surplus bytes, or a request the endpoint answered without reading it: the next response could not be told apart.
    if (head.keepAlive && this.#requestDone && !surplus && this.#state !== STATE_CLOSED && !this.ended) {
      this.#state = STATE_IDLE;
      this.idleSince = coarseClock.now;
      this.idleHint = head.keepAliveHint;
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#owner.release(this);
    } else {
      this.#leave();
    }
    call.onResponseEnd(trailers);
  }

  #fail(failure: number, detail: string): void {
    const call = this.#call;
    this.#call = null;
    this.#leave();
    call?.onFailure(failure, detail);
  }

  #onEnd(): void {
    if (this.#stream !== null) {
      this.#stream.peerEnded();
      return;
    }
    if (this.#call !== null && this.#state === STATE_BODY && this.#head.bodyKind === BODY_UNTIL_CLOSE)
      this.#finish('');
    else this.#onClose('closed by the endpoint');
    this.#leave();
  }

  #onError(error: Error): void {
    this.#onClose((error as NodeJS.ErrnoException).code ?? error.message);
  }

  #onClose(detail: string): void {
    const state = this.#state;
    this.#leave();
    this.#stream?.closed();
    const call = this.#call;
    if (call === null) return;
    this.#call = null;
    if (state === STATE_CONNECTING) call.onFailure(FAILURE_CONNECT, detail);
    else if (state === STATE_BODY) call.onFailure(FAILURE_TRUNCATED, detail);
    else if (this.#reused && this.#partial === '') call.onFailure(FAILURE_STALE, detail);
    else call.onFailure(FAILURE_RESET, detail);
  }
}

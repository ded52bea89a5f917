/** Endpoints that break off, break the rules or do not read: no call waits for them for ever, and no connection stays. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { eventually } from '../../../../test/support/gateway.ts';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  type Frame,
  frame,
  framesOf,
  GOAWAY,
  HEADERS,
  headerBlock,
  number32,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../../../test/support/http2-frames.ts';
import type { RawClient } from '../../../../test/support/raw-client.ts';
import type { ResponseHead } from '../../../http/response-head.ts';
import type { ByteStream } from '../../../shared/byte-stream.ts';
import { PLAIN } from '../connector.ts';
import type { UpstreamCall, UpstreamConnection } from '../upstream-call.ts';
import { H2Pool } from './pool.ts';

const MAX_CONCURRENT_STREAMS = 3;
const ENABLE_CONNECT_PROTOCOL = 8;
/** More than the window of a stream lets through. */
const LARGE = Buffer.alloc(300_000);
/** More than the kernel takes for an endpoint that does not read. */
const HUGE = Buffer.alloc(20_000_000);
const LINES = 'Host: a\r\n';
const UPGRADE = `${LINES}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n`;

const head = frame(HEADERS, END_HEADERS, 1, headerBlock([[':status', '200']]));
const data = frame(DATA, 0, 1, Buffer.from('some'));
const end = frame(DATA, END_STREAM, 1, Buffer.from('last'));
const reset = frame(RST_STREAM, 0, 1, number32(0));
const goaway = frame(GOAWAY, 0, 0, Buffer.concat([number32(1), number32(0)]));
/** nghttp2 answers with GOAWAY and is deaf and dumb from then on. */
const violation = frame(DATA, 0, 0, Buffer.from('x'));

function setting(name: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(name, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

class Call implements UpstreamCall {
  readonly connection: UpstreamConnection;
  tunnel: ByteStream | null = null;
  started = false;
  over = false;
  readonly #kind: Kind;

  constructor(pool: H2Pool, kind: Kind) {
    this.#kind = kind;
    this.connection = pool.request(this, false)!;
    if (kind === 'tunnel')
      this.connection.sendHead(`GET / HTTP/1.1\r\n${UPGRADE}\r\n`, false, false, false, true);
    else this.connection.sendHead(`POST / HTTP/1.1\r\n${LINES}\r\n`, kind === 'upload', false, false, false);
  }

  write(bytes: Buffer): void {
    if (this.tunnel !== null) this.tunnel.write(bytes, 0, bytes.length);
    else this.connection.write(bytes);
  }

  end(): void {
    if (this.tunnel !== null) this.tunnel.end();
    else if (this.#kind === 'upload') this.connection.endRequest('');
  }

  pause(): void {
    (this.tunnel ?? this.connection).pause();
  }

  giveUp(late = false): void {
    if (this.tunnel !== null) this.tunnel.abort();
    else this.connection.abandon(late);
  }

  onConnection(): void {}
  onConnected(): void {}
  onInformational(): void {}
  onResponseData(): void {}
  onReadEnd(): void {}
  onUpstreamDrain(): void {}

  onResponseHead(_head: ResponseHead): void {
    this.started = true;
  }

  onResponseEnd(): void {
    this.over = true;
  }

  onFailure(): void {
    this.over = true;
  }

  onSwitched(_head: ResponseHead, tunnel: ByteStream): void {
    this.started = true;
    this.tunnel = tunnel;
    const onGone = (): void => {
      this.over = true;
    };
    tunnel.start({ onBytes() {}, onEnd() {}, onDrain() {}, onGone });
  }
}

type Kind = 'tunnel' | 'response' | 'upload';
const KINDS: readonly Kind[] = ['tunnel', 'response', 'upload'];

/** An endpoint that sends what it is told, and the pool of connections to it. */
class Bench {
  readonly pool: H2Pool;
  /** The gateway's end of the latest connection. */
  socket!: net.Socket;
  /** The endpoint's. */
  peer!: net.Socket;
  open = 0;
  /** By the endpoint, one character per byte. */
  #received = '';
  readonly #server: net.Server;

  private constructor(server: net.Server) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    const connector = {
      ...PLAIN,
      connect: (options: net.TcpNetConnectOpts): net.Socket => {
        this.socket = net.connect(options);
        return this.socket;
      },
    };
    const count = (change: number) => (): void => {
      this.open += change;
    };
    this.pool = new H2Pool(
      '127.0.0.1',
      port,
      { address: (host) => host, isCurrent: () => true, connector },
      { max: 1, idleTimeout: 60_000, pipelining: 1 },
      { connectionOpened: count(1), connectionClosed: count(-1), pipeliningFellBack() {} },
    );
    server.on('connection', (peer: net.Socket) => {
      this.peer = peer;
      peer.on('error', () => {}).setEncoding('latin1');
      peer.on('data', (text: string) => {
        this.#received += text;
      });
      const settings = [setting(MAX_CONCURRENT_STREAMS, 1), setting(ENABLE_CONNECT_PROTOCOL, 1)];
      peer.write(frame(SETTINGS, 0, 0, Buffer.concat(settings)));
    });
  }

  static async start(): Promise<Bench> {
    // Half open: whether the connection ends is up to the gateway.
    const server = net.createServer({ allowHalfOpen: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Bench(server);
  }

  /** A call whose response has begun. */
  async call(kind: Kind): Promise<Call> {
    const call = new Call(this.pool, kind);
    await this.arrived(HEADERS);
    this.send(head, data);
    await eventually(async () => call.started, 'the response');
    return call;
  }

  async arrived(type: number): Promise<void> {
    await eventually(async () => this.#frames.some((one) => one.type === type), `a frame of type ${type}`);
  }

  get #frames(): Frame[] {
    return framesOf({ received: this.#received.slice(PREFACE.length) } as RawClient);
  }

  send(...frames: readonly Buffer[]): void {
    this.peer.write(Buffer.concat(frames));
  }

  async isEmpty(): Promise<void> {
    await eventually(async () => this.open === 0 && this.socket.destroyed, 'the connection to be gone');
    assert.equal(this.pool.open, 0);
  }

  stop(): void {
    this.peer?.destroy();
    this.#server.close();
  }
}

async function withBench(test: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = await Bench.start();
  try {
    await test(bench);
  } finally {
    bench.stop();
  }
}

describe('an HTTP/2 endpoint', { concurrency: true }, () => {
  for (const kind of KINDS) {
    it(`that breaks the protocol and leaves ends its ${kind}`, () =>
      withBench(async (bench) => {
        const call = await bench.call(kind);
        bench.peer.end(violation);
        await bench.isEmpty();
        assert.equal(call.over, true);
      }));

    it(`that breaks the protocol and stays is left when the ${kind} is given up`, () =>
      withBench(async (bench) => {
        const call = await bench.call(kind);
        bench.send(violation);
        await bench.arrived(GOAWAY);
        call.giveUp();
        await bench.isEmpty();
      }));

    it(`that has said all and leaves keeps no ${kind} that nobody reads any more`, () =>
      withBench(async (bench) => {
        const call = await bench.call(kind);
        call.pause();
        call.end();
        bench.send(data, end, reset, goaway);
        await eventually(async () => bench.socket.bytesRead >= bench.peer.bytesWritten, 'all to arrive');
        bench.peer.end();
        call.giveUp();
        await bench.isEmpty();
      }));

    it(`gets another call in the place of its ${kind} that it had ended and nobody read`, () =>
      withBench(async (bench) => {
        const call = await bench.call(kind);
        call.pause();
        call.end();
        bench.send(data, end, reset);
        await eventually(async () => bench.socket.bytesRead >= bench.peer.bytesWritten, 'all to arrive');
        call.giveUp();
        let attached = false;
        const next = {
          onConnection() {
            attached = true;
          },
        } as unknown as UpstreamCall;
        if (bench.pool.request(next, false) !== null) attached = true;
        await eventually(async () => attached, 'the next call to get its place');
        assert.equal(bench.open, 1);
      }));
  }

  for (const ends of [false, true]) {
    const what = ends ? 'that has ended here' : 'that goes on';
    it(`that resets a tunnel ${what} without an error ends it, though data was to be sent`, () =>
      withBench(async (bench) => {
        const call = await bench.call('tunnel');
        call.write(LARGE);
        if (ends) call.end();
        bench.send(reset);
        await eventually(async () => call.over, 'the end of the tunnel');
        assert.equal(bench.open, 1, 'others keep the connection');
      }));
  }

  it('that resets a request without an error before the response ends it, though data was to be sent', () =>
    withBench(async (bench) => {
      const call = new Call(bench.pool, 'upload');
      call.write(LARGE);
      await bench.arrived(DATA);
      bench.send(reset);
      await eventually(async () => call.over, 'the failure');
    }));

  it('that reads no more is left when it answers no PING', () =>
    withBench(async (bench) => {
      const call = await bench.call('upload');
      bench.send(...[0, 1].map((stream) => frame(WINDOW_UPDATE, 0, stream, number32(HUGE.length))));
      bench.peer.pause();
      call.write(HUGE);
      await eventually(async () => bench.socket.bytesWritten > 1_000_000, 'the upload to begin');
      call.giveUp(true);
      await bench.isEmpty();
    }));

  it('that does not end a connection which was closed is left too', () =>
    withBench(async (bench) => {
      const call = await bench.call('response');
      bench.send(end);
      await eventually(async () => call.over, 'the response');
      bench.pool.close();
      await bench.isEmpty();
    }));
});

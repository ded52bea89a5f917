import http2 from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';

/** A service that speaks nothing but HTTP/2, over TLS when it is given a certificate. */
export class Http2Origin {
  /** Connections so far. */
  sessions = 0;
  served = 0;
  checks = 0;
  healthy = true;
  hanging = 0;
  /** Most streams that were open on one connection. */
  mostAtOnce = 0;
  /** How many of the next streams are refused. */
  refuseNext = 0;
  /** The next stream is not begun: GOAWAY names the one before it as the last. */
  leaveNext = false;
  /** Error codes of streams that the gateway reset. */
  readonly resets: number[] = [];
  readonly trailers: Record<string, unknown>[] = [];
  readonly #server: http2.Http2Server | http2.Http2SecureServer;
  readonly #open = new Set<http2.Http2Session>();
  readonly #sockets = new Set<Socket>();

  constructor(options: http2.ServerOptions | http2.SecureServerOptions = {}) {
    this.#server = 'cert' in options ? http2.createSecureServer(options) : http2.createServer(options);
    const server = this.#server as http2.Http2Server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('session', (session) => {
      this.sessions++;
      this.#open.add(session);
      session.on('close', () => this.#open.delete(session));
      session.on('error', () => {});
      let streams = 0;
      session.on('stream', (stream) => {
        this.mostAtOnce = Math.max(this.mostAtOnce, ++streams);
        stream.on('close', () => streams--);
      });
    });
    server.on('stream', (stream, headers) => this.#serve(stream, headers));
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)));
  }

  close(): Promise<void> {
    for (const session of this.#open) session.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Says on every connection that it takes no more requests. */
  async goaway(): Promise<void> {
    for (const session of this.#open) session.goaway(http2.constants.NGHTTP2_NO_ERROR);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Closes every connection without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    stream.on('error', () => {});
    stream.on('close', () => {
      if (stream.rstCode) this.resets.push(stream.rstCode);
    });
    const path = String(headers[':path']);
    if (path === '/health') {
      this.checks++;
      stream.respond({ ':status': this.healthy ? 200 : 500 }, { endStream: true });
      return;
    }
    if (this.refuseNext > 0) {
      this.refuseNext--;
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    if (this.leaveNext) {
      this.leaveNext = false;
      stream.session?.goaway(http2.constants.NGHTTP2_NO_ERROR, stream.id! - 2);
      return;
    }
    this.served++;
    switch (path.split('?')[0]) {
      case '/echo':
        this.#echo(stream, headers);
        break;
      case '/hints':
        stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
        stream.respond({ ':status': 200 });
        stream.end('hinted');
        break;
      case '/sized':
        stream.respond({ ':status': 200, 'content-length': 6 });
        if (headers[':method'] !== 'HEAD') stream.end('sized!');
        break;
      case '/empty':
        stream.respond({ ':status': 200 }, { endStream: true });
        break;
      case '/trailers-only':
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' },
          { endStream: true },
        );
        break;
      case '/reset':
        stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
        break;
      case '/reset-body':
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.write('begun', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
        break;
      case '/slow':
        setTimeout(() => {
          stream.respond({ ':status': 200 });
          stream.end('slow');
        }, 50);
        break;
      default:
        this.hanging++;
    }
  }

  #echo(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    let length = 0;
    stream.on('trailers', (trailers) => this.trailers.push(Object.fromEntries(Object.entries(trailers))));
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-length': String(length) }));
    stream.respond({ ':status': 200, 'x-seen': JSON.stringify(headers) }, { waitForTrailers: true });
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (!stream.write(chunk)) stream.pause();
    });
    stream.on('drain', () => stream.resume());
    stream.on('end', () => stream.end());
  }
}

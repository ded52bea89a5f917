import http2 from 'node:http2';

export interface Http2Response {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: string;
  /** Null when there were none. */
  readonly trailers: http2.IncomingHttpHeaders | null;
  /** Interim responses, `:status` included. */
  readonly interim: readonly http2.IncomingHttpHeaders[];
  /** Error code of the stream's end; 0 for a clean one. */
  readonly rstCode: number;
}

/** Node's own HTTP/2 client, promised. */
export class Http2Client {
  readonly session: http2.ClientHttp2Session;
  goaways = 0;

  constructor(session: http2.ClientHttp2Session) {
    this.session = session;
    session.on('error', () => {});
    session.on('goaway', () => {
      this.goaways++;
    });
  }

  static connect(url: string, options: http2.SecureClientSessionOptions = {}): Promise<Http2Client> {
    return new Promise((resolve, reject) => {
      const session = http2.connect(url, { rejectUnauthorized: false, ...options });
      session.once('error', reject);
      session.once('remoteSettings', () => {
        session.off('error', reject);
        resolve(new Http2Client(session));
      });
    });
  }

  stream(
    headers: http2.OutgoingHttpHeaders,
    options: http2.ClientSessionRequestOptions = {},
  ): http2.ClientHttp2Stream {
    const stream = this.session.request(headers, options);
    stream.on('error', () => {});
    return stream;
  }

  /** A whole request and its whole response, however it ends. */
  request(
    headers: http2.OutgoingHttpHeaders,
    body?: string | Buffer,
    trailers?: http2.OutgoingHttpHeaders,
  ): Promise<Http2Response> {
    const stream = this.stream(headers, {
      endStream: body === undefined,
      ...(trailers ? { waitForTrailers: true } : {}),
    });
    if (trailers) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    if (body !== undefined) stream.end(body);
    return responseOf(stream);
  }

  get(path: string, more: http2.OutgoingHttpHeaders = {}): Promise<Http2Response> {
    return this.request({ ':path': path, ...more });
  }

  destroy(): void {
    this.session.destroy();
  }
}

export function responseOf(stream: http2.ClientHttp2Stream): Promise<Http2Response> {
  return new Promise((resolve) => {
    const interim: http2.IncomingHttpHeaders[] = [];
    let headers: http2.IncomingHttpHeaders = {};
    let trailers: http2.IncomingHttpHeaders | null = null;
    const chunks: Buffer[] = [];
    stream.on('headers', (one) => interim.push(one));
    stream.on('response', (final) => {
      headers = final;
    });
    stream.on('trailers', (last) => {
      trailers = last;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => {});
    stream.on('close', () =>
      resolve({
        status: Number(headers[':status'] ?? 0),
        headers,
        body: Buffer.concat(chunks).toString('latin1'),
        trailers,
        interim,
        rstCode: stream.rstCode ?? 0,
      }),
    );
  });
}

/** What the engine uses of µWebSockets.js; the module itself is loaded by `native-bindings/uwebsockets.ts`. */

/** What the engine needs that is not JavaScript. */
export interface UwsNative {
  readonly module: UwsModule;
  /** Calls `use` with the names of files that hold `texts` until it returns, and that nobody else can read. */
  withFiles<T>(texts: readonly string[], use: (paths: readonly string[]) => T): T;
}

export interface UwsModule {
  App(): UwsApp;
  /** @throws Error without a reason when it does not like the files or the ciphers */
  SSLApp(options: UwsTlsOptions): UwsApp;
  /** `'silent'` keeps the server from naming itself in every response (rule B12). */
  _cfg(key: string): void;
  us_listen_socket_close(socket: object): void;
  us_socket_local_port(socket: object): number;
}

export interface UwsTlsOptions {
  readonly cert_file_name: string;
  readonly key_file_name: string;
  /** For TLS 1.2; names that BoringSSL does not know are passed over. */
  readonly ssl_ciphers: string;
}

export interface UwsApp {
  /** For the name last given to `domain`, else for everybody. */
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  /**
   * Another certificate for clients that name a host (SNI). What fails is passed over in silence.
   *
   * @param pattern lower case; `*` for one label
   */
  addServerName(pattern: string, options: UwsTlsOptions): UwsApp;
  /** What is told to the app from now on is for this name. Writes to standard output. */
  domain(pattern: string): UwsApp;
  /** @param options 0, or `LISTEN_EXCLUSIVE` */
  listen(host: string, port: number, options: number, done: (socket: object | false) => void): UwsApp;
  /** Closes the listener and every connection at once. */
  close(): UwsApp;
}

/** No other socket may listen on the port; without it any number of them share it (SO_REUSEPORT). */
export const LISTEN_EXCLUSIVE = 1;

/** Valid while the handler runs. */
export interface UwsRequest {
  /** Names come in lower case, in the order of arrival, repeated ones too. */
  forEach(visit: (name: string, value: string) => void): void;
  getCaseSensitiveMethod(): string;
  getUrl(): string;
  /** What follows the first `?`. */
  getQuery(): string | undefined;
}

/** Valid until `onAborted` was called or the response is complete; using it later throws. */
export interface UwsResponse {
  onAborted(handler: () => void): UwsResponse;
  /** `chunk` is valid until the handler returns. */
  onData(handler: (chunk: ArrayBuffer, last: boolean) => void): UwsResponse;
  onWritable(handler: (offset: number) => boolean): UwsResponse;
  pause(): void;
  resume(): void;
  /** All writing happens inside the callback. */
  cork(write: () => void): UwsResponse;
  /** Copies its argument between `HTTP/1.1 ` and CRLF, so it may hold field lines too. */
  writeStatus(status: string | Uint8Array): UwsResponse;
  /** One chunk of a chunked body. @returns false when the client is slow; the chunk is kept all the same */
  write(chunk: Uint8Array): boolean;
  /** @returns whether the kernel took all of it, and whether the response is complete */
  tryEnd(chunk: Uint8Array, totalSize: number): [ok: boolean, complete: boolean];
  end(body?: string | Uint8Array, closeConnection?: boolean): UwsResponse;
  endWithoutBody(reportedContentLength?: number, closeConnection?: boolean): UwsResponse;
  /** Bytes of the body that the kernel has taken. */
  getWriteOffset(): number;
  close(): UwsResponse;
  /** 4 or 16 bytes. */
  getRemoteAddress(): ArrayBuffer;
}

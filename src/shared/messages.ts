/** What the primary and the workers tell each other. Everything here must survive structured clone. */
import type { Http2Settings } from './http2-settings.ts';
import type { SharedMemory } from './memory.ts';
import type { TlsSettings, UpstreamCredentials } from './tls-settings.ts';

/** What a worker needs to know beside the snapshot; replaced whole on every reload. */
export interface WorkerSettings {
  readonly limits: WorkerLimits;
  /** CIDR blocks whose X-Forwarded-*, X-Request-Id and similar fields are believed. */
  readonly trustedProxies: readonly string[];
  readonly pathPolicy: PathPolicy;
  /** Pseudonym in `Via` (rule B4) and in loop detection (B5). */
  readonly viaName: string;
  /** What follows the pseudonym in `Via` as a comment so that this very process is recognised (B5). */
  readonly instanceId: string;
  readonly accessLog: AccessLogSettings;
  /** Null when TLS is off. */
  readonly tls: TlsSettings | null;
  /** Where plain requests are redirected to: a port as clients see it; 0 means they are served. */
  readonly redirectToHttps: number;
  readonly http2: Http2Settings;
}

/** Sizes in bytes, times in milliseconds. */
export interface WorkerLimits {
  readonly requestLine: number;
  readonly headerBytes: number;
  readonly headerCount: number;
  /** 0 means no limit. */
  readonly body: number;
  readonly headerTimeout: number;
  readonly bodyIdleTimeout: number;
  readonly keepAliveTimeout: number;
  /** Open client connections of the whole gateway; each worker takes its equal share. */
  readonly connections: number;
}

/** Rule B13: what happens to the spellings that make two servers disagree about a path. */
export interface PathPolicy {
  readonly doubleSlash: 'merge' | 'keep' | 'reject';
  /** `%2f`: kept as written (it never separates segments here), or 400. */
  readonly encodedSlash: 'keep' | 'reject';
  /** `\` and `%5c`. */
  readonly backslash: 'keep' | 'reject';
  /** `;` parameters in a segment. */
  readonly parameters: 'keep' | 'reject';
}

export interface AccessLogSettings {
  readonly enabled: boolean;
  /** Share of the requests that are logged, 0 to 1; responses of 500 and above are always logged. */
  readonly sample: number;
}

/** `workerData` of a worker thread. */
export interface WorkerInit {
  readonly workerIndex: number;
  readonly workerCount: number;
  /** The thread is to stay on one core. */
  readonly pinCpus: boolean;
  /** Plain sockets are read past the streams of Node where that can be done. */
  readonly directSockets: boolean;
  readonly ioUring: boolean;
  readonly engine: EngineName;
  readonly host: string;
  readonly port: number;
  /** 0: no TLS listener. */
  readonly tlsPort: number;
  readonly memory: SharedMemory;
  /**
   * What to serve from the start. The worker loads it, answers `ack`, listens, answers `listening`. If it cannot load it
   * it answers `refuse` and exits; if it cannot listen it throws (the thread's `error` event tells the primary).
   */
  readonly generation: Generation;
}

export type EngineName = 'builtin' | 'uws';

export type ToWorker =
  | PrepareMessage
  | CommitMessage
  | AbortMessage
  | AddressesMessage
  | TicketKeysMessage
  | ControlResponseMessage
  | StopListeningMessage
  | DrainMessage;

export type TransportName = 'tls' | 'h2';

/** Everything that one version of the configuration means to a worker. */
export interface Generation {
  /** Grows with every generation; unique within the process. */
  readonly version: number;
  readonly snapshot: SharedArrayBuffer;
  readonly settings: WorkerSettings;
  readonly addresses: AddressBook;
  /** Keys of session tickets, so that a client can resume its session at any worker. */
  readonly ticketKeys: Uint8Array;
  /** Certificates and keys for connections to endpoints. */
  readonly credentials: UpstreamCredentials;
  /** What its upstreams need beside plain HTTP/1.1. */
  readonly transports: readonly TransportName[];
}

/**
 * First phase of a reload: load what the generation needs (read the snapshot, import and set up new plugin instances)
 * while the old one goes on serving. Answer `prepared`, or `refuse` with a reason. Nothing visible changes yet, so that
 * one worker's refusal leaves all of them on the old generation. At most one generation is prepared at a time; a newer
 * `prepare` replaces it.
 */
export interface PrepareMessage {
  readonly type: 'prepare';
  readonly generation: Generation;
}

/** Second phase, sent when every worker is prepared: swap to the prepared generation at once and answer `ack`. Cannot fail. */
export interface CommitMessage {
  readonly type: 'commit';
  readonly version: number;
}

/** Another worker refused: forget the prepared generation (a no-op if it is not held). Not answered. */
export interface AbortMessage {
  readonly type: 'abort';
  readonly version: number;
}

/** Resolved names: host name -> IP addresses in the order to try. Hosts that are IP literals are not listed. */
export type AddressBook = Readonly<Record<string, readonly string[]>>;

export interface AddressesMessage {
  readonly type: 'addresses';
  readonly addresses: AddressBook;
}

/** The keys of session tickets were rotated. */
export interface TicketKeysMessage {
  readonly type: 'ticket-keys';
  readonly keys: Uint8Array;
}

/** First phase of a shutdown: stop listening, but serve the connections that are there as ever. Answer `stopped-listening`. */
export interface StopListeningMessage {
  readonly type: 'stop-listening';
}

/** Second phase: finish what is in flight, cut what is left at the deadline, then answer `drained`. */
export interface DrainMessage {
  readonly type: 'drain';
  /** Milliseconds from now. */
  readonly deadline: number;
}

/** A request for the gateway itself, with its body: a service that registers, for example. Answered by its id. */
export interface ControlRequestMessage {
  readonly type: 'control-request';
  readonly id: number;
  readonly method: string;
  /** Canonical, without query. */
  readonly path: string;
  /** Names in lower case; values of equal names joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The client's address (rule B6). */
  readonly peer: string;
}

export interface ControlResponseMessage {
  readonly type: 'control-response';
  readonly id: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type FromWorker =
  /** Accepts connections; `port` is the real one where 0 was asked for. */
  | { readonly type: 'listening'; readonly port: number }
  /** Got `prepare` and begins to load that version; a worker that hangs from now on probably hangs because of it. */
  | { readonly type: 'preparing'; readonly version: number }
  /** Ready to commit that version. */
  | { readonly type: 'prepared'; readonly version: number }
  /** Serves that version: the answer to `commit`, and the first answer after the start. */
  | { readonly type: 'ack'; readonly version: number; readonly plugins: readonly LoadedPlugin[] }
  /** Cannot load that version; goes on with the one it has. */
  | { readonly type: 'refuse'; readonly version: number; readonly reason: string }
  | { readonly type: 'stopped-listening' }
  /** Nothing is in flight any more; `cut` connections had to be closed at the deadline. */
  | { readonly type: 'drained'; readonly cut: number }
  | ControlRequestMessage
  | { readonly type: 'series'; readonly series: readonly SeriesAnnouncement[] }
  | { readonly type: 'access'; readonly lines: string }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields };

export interface LoadedPlugin {
  readonly plugin: string;
  readonly version: string;
}

/** A worker starts to use cells of its metric region; the primary adds the cells of all workers with equal labels. */
export interface SeriesAnnouncement {
  /** Name of a metric in the metric table. */
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** First cell in the worker's region. */
  readonly cell: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

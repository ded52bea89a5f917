/** What the primary and the workers tell each other. Everything here must survive structured clone. */
import type { SharedMemory } from './memory.ts';

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
  readonly engine: EngineName;
  readonly host: string;
  readonly port: number;
  readonly memory: SharedMemory;
  readonly apply: ApplyMessage;
}

export type EngineName = 'builtin';

export type ToWorker = ApplyMessage | AddressesMessage | DrainMessage;

/** A new generation. The worker swaps to it and answers with `ack`. */
export interface ApplyMessage {
  readonly type: 'apply';
  readonly version: number;
  readonly snapshot: SharedArrayBuffer;
  readonly settings: WorkerSettings;
  readonly addresses: AddressBook;
}

/** Resolved names: host name -> IP addresses in the order to try. Hosts that are IP literals are not listed. */
export type AddressBook = Readonly<Record<string, readonly string[]>>;

export interface AddressesMessage {
  readonly type: 'addresses';
  readonly addresses: AddressBook;
}

/** Stop accepting, finish what is in flight, cut what is left at the deadline, then answer `drained`. */
export interface DrainMessage {
  readonly type: 'drain';
  /** Milliseconds from now. */
  readonly deadline: number;
}

export type FromWorker =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'ack'; readonly version: number; readonly plugins: readonly LoadedPlugin[] }
  | { readonly type: 'refuse'; readonly version: number; readonly reason: string }
  | { readonly type: 'drained' }
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

/**
 * Worker side: one JSON line per request, batched and handed to the primary, which owns the output. The path is logged
 * without its query string, where people put tokens and mail addresses.
 */
import { isServerFault, NO_STATUS, STATUS_NAMES } from '../http/grpc-status.ts';
import type { AccessLogSettings } from '../shared/messages.ts';
import { escaped } from './escape.ts';
import { timestamp } from './timestamp.ts';

const MAX_BATCH_CHARS = 64 * 1024;
const MAX_BATCH_MS = 100;

/** Filled anew for every request by its owner, so that logging allocates only the line. Empty strings are left out. */
export class AccessEntry {
  traceId = '';
  /** '' for a request that could not be read, as is `path`. */
  method = '';
  /** Canonical path, or the target as received when there is none; without query. */
  path = '';
  status = 0;
  durationMs = 0;
  upstream = '';
  /** Pattern of the route. */
  route = '';
  requestId = '';
  clientIp = '';
  /** Bytes of body. */
  bytesReceived = 0;
  bytesSent = 0;
  /** Code of the error table. */
  error = '';
  /** What exactly went wrong, for the operator. */
  errorDetail = '';
  /** Tries after the first one. */
  retries = 0;
  /** `host:port` that answered or was tried last. */
  endpoint = '';
  /** Host that the client asked for. */
  host = '';
  /** How a call of gRPC has ended for the client; NO_STATUS for all that is none. */
  grpcStatus = NO_STATUS;

  reset(): void {
    this.traceId = '';
    this.method = '';
    this.path = '';
    this.status = 0;
    this.durationMs = 0;
    this.upstream = '';
    this.route = '';
    this.requestId = '';
    this.clientIp = '';
    this.bytesReceived = 0;
    this.bytesSent = 0;
    this.error = '';
    this.errorDetail = '';
    this.retries = 0;
    this.endpoint = '';
    this.host = '';
    this.grpcStatus = NO_STATUS;
  }
}

export class AccessLog {
  readonly #send: (lines: string) => void;
  #settings: AccessLogSettings;
  #batch = '';
  #timer: NodeJS.Timeout | undefined;
  /** Share of the next line that has been saved up: a line is written whenever it reaches 1. */
  #due = 0;

  /** `send` gets whole lines, each ended by a line feed. */
  constructor(send: (lines: string) => void, settings: AccessLogSettings) {
    this.#send = send;
    this.#settings = settings;
  }

  update(settings: AccessLogSettings): void {
    this.#settings = settings;
  }

  /** Logs the exchange if it is wanted. `entry` is read at once and may be reused. */
  write(entry: Readonly<AccessEntry>): void {
    if (!this.#isWanted(entry)) return;
    this.#batch += formatAccessLine(entry, Date.now());
    if (this.#batch.length >= MAX_BATCH_CHARS) this.flush();
    else if (this.#timer === undefined) this.#timer = setTimeout(() => this.flush(), MAX_BATCH_MS);
  }

  /** Sends what is batched; to be called before the thread ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch === '') return;
    const lines = this.#batch;
    this.#batch = '';
    this.#send(lines);
  }

  #isWanted(entry: Readonly<AccessEntry>): boolean {
    if (!this.#settings.enabled) return false;
    if (isFailure(entry)) return true;
    // Evenly spread and exact, without a random number per request.
    this.#due += this.#settings.sample;
    if (this.#due < 1) return false;
    this.#due -= 1;
    return true;
  }
}

/**
 * `now` in milliseconds since 1970. About 1 µs, most of it for joining the pieces; writing the bytes into a buffer one by
 * one costs more, JSON.stringify too.
 */
export function formatAccessLine(entry: Readonly<AccessEntry>, now: number): string {
  const {
    status,
    traceId,
    method,
    path,
    upstream,
    route,
    requestId,
    clientIp,
    error,
    errorDetail,
    endpoint,
    host,
  } = entry;
  let line =
    '{"timestamp":"' +
    timestamp(now) +
    (isFailure(entry) ? '","level":"error","message":"request"' : '","level":"info","message":"request"');
  if (traceId !== '') line += `,"trace_id":"${escaped(traceId)}"`;
  if (method !== '') line += `,"method":"${escaped(method)}"`;
  if (path !== '') line += `,"path":"${escaped(path)}"`;
  line += `,"status":${status},"duration_ms":${decimal(entry.durationMs)}`;
  if (upstream !== '') line += `,"upstream":"${escaped(upstream)}"`;
  if (route !== '') line += `,"route":"${escaped(route)}"`;
  if (requestId !== '') line += `,"request_id":"${escaped(requestId)}"`;
  if (clientIp !== '') line += `,"client_ip":"${escaped(clientIp)}"`;
  line += `,"bytes_received":${entry.bytesReceived},"bytes_sent":${entry.bytesSent}`;
  if (error !== '') line += `,"error":"${escaped(error)}"`;
  if (errorDetail !== '') line += `,"error_detail":"${escaped(errorDetail)}"`;
  if (entry.retries !== 0) line += `,"retries":${entry.retries}`;
  if (endpoint !== '') line += `,"endpoint":"${escaped(endpoint)}"`;
  if (host !== '') line += `,"host":"${escaped(host)}"`;
  if (entry.grpcStatus !== NO_STATUS) line += `,"grpc_status":"${STATUS_NAMES[entry.grpcStatus]}"`;
  return `${line}}\n`;
}

/** Also of calls whose status of HTTP is 200: one of gRPC can mean the same as a 5xx. */
function isFailure({ status, grpcStatus }: Readonly<AccessEntry>): boolean {
  return status >= 500 || isServerFault(grpcStatus);
}

/** At most three decimals. A fractional number costs 200 ns to turn into text, two whole ones a fifth of that. */
function decimal(milliseconds: number): string {
  const thousandths = Math.round(milliseconds * 1000);
  if (!(thousandths >= 0 && thousandths <= 0x7fffffff)) return String(Math.max(0, thousandths) / 1000 || 0);
  const whole = (thousandths / 1000) | 0;
  const rest = thousandths - whole * 1000;
  return rest === 0 ? String(whole) : whole + (rest < 10 ? '.00' : rest < 100 ? '.0' : '.') + rest;
}

/** One active health check: GET over a connection of its own, judged by the status. */
import http from 'node:http';
import type { RequestOptions } from 'node:https';
import type { HealthCheck } from '../../routing/model.ts';

export interface CheckTarget {
  /** IP address to connect to. */
  readonly ip: string;
  readonly port: number;
  /** `host:port` for the Host field. */
  readonly authority: string;
  /** Null: plain. */
  readonly tls: CheckTls | null;
}

/** TLS of a check, and what makes the request: the code for it is loaded only where it is needed. */
export interface CheckTls {
  readonly get: typeof http.get;
  readonly options: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
}

export interface CheckResult {
  /** `''` when the check passed, else why not: one sentence part. */
  readonly error: string;
  /** Status of the answer; 0 if there was none. */
  readonly status: number;
  /** Milliseconds until the answer's head or the failure. */
  readonly latencyMs: number;
  /** False when the check failed for a reason that lies here, and so says nothing about the endpoint. */
  readonly conclusive: boolean;
}

/** An answer's body is read up to this size, so that the service does not log a broken connection for each check. */
const BODY_LIMIT = 64 * 1024;

const TIMEOUT_STEPS = 4;

/** A connection per check: a pooled one would not notice that the service accepts no new ones. */
const agent = new http.Agent({ keepAlive: false });

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
};

/** What this machine has run out of. Without this exception a shortage here would make every endpoint unhealthy. */
const SHORTAGES: Readonly<Record<string, string>> = {
  EMFILE: 'the gateway has no file descriptors left',
  ENFILE: 'the machine has no file descriptors left',
  ENOBUFS: 'the machine has no socket buffers left',
  ENOMEM: 'the machine has no memory left',
  EADDRNOTAVAIL: 'the machine has no local ports left',
};

/** Resolves in every case. `signal` ends the check; its result does not matter then. */
export function runCheck(
  target: CheckTarget,
  settings: HealthCheck,
  signal: AbortSignal,
): Promise<CheckResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const finish = (status: number, error: string, conclusive = true): void => {
      resolve({ status, error, latencyMs: performance.now() - startedAt, conclusive });
    };
    const get = target.tls?.get ?? http.get;
    const request = get({
      host: target.ip,
      port: target.port,
      path: settings.path,
      ...(target.tls === null ? { agent } : { ...target.tls.options, agent: false }),
      headers: { host: target.authority, 'user-agent': 'octopus-health', accept: '*/*' },
    });
    // Also bounds how long the rest of an answer that has been judged may take. In steps: time in which this thread was
    // busy with something else stretches one step only, so the endpoint is not blamed for it.
    let steps = 0;
    const step = (): void => {
      if (++steps <= TIMEOUT_STEPS) {
        timer = setTimeout(step, settings.timeout / TIMEOUT_STEPS);
        return;
      }
      finish(0, `no answer within ${settings.timeout} ms`);
      request.destroy();
    };
    let timer: NodeJS.Timeout;
    step();
    const abort = (): void => void request.destroy();
    signal.addEventListener('abort', abort, { once: true });

    request.on('response', (response) => {
      finish(response.statusCode!, judge(response.statusCode!, settings));
      skipBody(response);
    });
    // Without a listener a 101 would count as a broken connection.
    request.on('upgrade', (response, socket) => {
      finish(response.statusCode!, judge(response.statusCode!, settings));
      socket.destroy();
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const shortage = SHORTAGES[error.code ?? ''];
      finish(0, shortage ?? reasonOf(error), shortage === undefined);
    });
    request.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      finish(0, 'connection closed without an answer');
    });
  });
}

export function judge(status: number, settings: HealthCheck): string {
  const expected = settings.expect.some(([low, high]) => status >= low && status <= high);
  return expected ? '' : `status ${status} is not expected`;
}

function skipBody(response: http.IncomingMessage): void {
  let read = 0;
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > BODY_LIMIT) response.destroy();
  });
  // The check is decided; how the connection ends is of no interest.
  response.on('error', () => {});
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  // Node's words for a connection that ends before the head: a reset, too, as far as the reader is concerned.
  if (error.message === 'socket hang up') return 'connection closed without an answer';
  if (code.startsWith('HPE_')) return `malformed answer: ${error.message}`;
  return REASONS[code] ?? error.message;
}

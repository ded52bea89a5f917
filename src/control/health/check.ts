/** One active health check: GET over a connection of its own, judged by the status. */
import http from 'node:http';
import type { RequestOptions } from 'node:https';
import type { HealthCheck } from '../../routing/model.ts';
import { isShortage, lateness, NO_ANSWER, reasonOf } from './failures.ts';
import { Patience } from './patience.ts';

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

/** A connection per check: a pooled one would not notice that the service accepts no new ones. */
const agent = new http.Agent({ keepAlive: false });

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
    // Also bounds how long the rest of an answer that has been judged may take.
    const patience = new Patience(settings.timeout, () => {
      finish(0, lateness(settings.timeout));
      request.destroy();
    });
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
      finish(0, reasonOf(error), !isShortage(error));
    });
    request.on('close', () => {
      patience.end();
      signal.removeEventListener('abort', abort);
      finish(0, NO_ANSWER);
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

/** Active health checks over HTTP/2: one request on a connection of its own. */
import { type ClientHttp2Stream, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { HealthCheck } from '../../routing/model.ts';
import { type CheckResult, type CheckTarget, judge } from './check.ts';
import { isShortage, lateness, NO_ANSWER, reasonOf } from './failures.ts';
import { Patience } from './patience.ts';

const NOT_HTTP2 = 'the endpoint does not speak HTTP/2';
/** How often a look is taken at what has come while there are no settings of the endpoint yet. Milliseconds. */
const LOOK_MS = 100;

/** Ends a check. `error` is `''` when it passed; `status` is that of the answer, 0 without one. */
export type Verdict = (status: number, error: string) => void;

export interface H2Question {
  /** The authority and what says who asks are added. */
  readonly headers: OutgoingHttpHeaders;
  /** Null: a request without body. */
  readonly body: Buffer | null;
  /** Listens to the stream until it can give its verdict. A stream that ends before fails the check. */
  judge(stream: ClientHttp2Stream, verdict: Verdict): void;
}

/** GET, judged by the status. Resolves in every case. `signal` ends the check; its result does not matter then. */
export function runH2Check(
  target: CheckTarget,
  settings: HealthCheck,
  signal: AbortSignal,
): Promise<CheckResult> {
  const question: H2Question = {
    headers: { ':path': settings.path, accept: '*/*' },
    body: null,
    judge: (stream, verdict) =>
      stream.on('response', (headers) => {
        const status = Number(headers[':status']);
        verdict(status, judge(status, settings));
      }),
  };
  return askOverH2(target, question, settings.timeout, signal);
}

/**
 * Over TLS by ALPN, else with prior knowledge. Resolves in every case, and nothing of the connection is left then.
 *
 * @param timeout milliseconds for connecting and the verdict together
 */
export function askOverH2(
  target: CheckTarget,
  question: H2Question,
  timeout: number,
  signal: AbortSignal,
): Promise<CheckResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    /** The endpoint has begun as one of HTTP/2 does. */
    let speaks = false;
    const socket = dial(target);
    const scheme = target.tls === null ? 'http' : 'https';
    const session = connectHttp2(`${scheme}://${target.authority}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
    });
    const finish = (status: number, error: string, conclusive = true): void => {
      resolve({ status, error, latencyMs: performance.now() - startedAt, conclusive });
      patience.end();
      clearInterval(looks);
      signal.removeEventListener('abort', abort);
      session.destroy();
      // A session that has not connected yet leaves its socket to itself.
      socket.destroy();
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      const isNoFrame = error.code === 'ERR_HTTP2_ERROR' && !speaks;
      finish(0, isNoFrame ? NOT_HTTP2 : reasonOf(error), !isShortage(error));
    };
    const abort = (): void => finish(0, 'aborted');
    const patience = new Patience(timeout, () => finish(0, lateness(timeout)));
    signal.addEventListener('abort', abort, { once: true });

    // nghttp2 waits for the rest of what is shorter than the head of a frame. Settings come in one piece; over TLS the
    // handshake has told (ALPN), and its bytes count too.
    let seen = 0;
    const looks = setInterval(() => {
      if (socket.bytesRead > 0 && socket.bytesRead === seen) finish(0, NOT_HTTP2);
      seen = socket.bytesRead;
    }, LOOK_MS);
    if (target.tls !== null) clearInterval(looks);
    session.on('remoteSettings', () => {
      speaks = true;
      clearInterval(looks);
    });

    session.on('connect', () => {
      if (target.tls !== null && (socket as TLSSocket).alpnProtocol !== 'h2') {
        finish(0, 'the endpoint does not speak HTTP/2 (ALPN)');
      }
    });
    session.on('error', fail);
    // Both tell of one that breaks while the session is being made; the first one counts.
    socket.on('error', fail);
    session.on('close', () => finish(0, NO_ANSWER));

    const stream = session.request(
      { ':authority': target.authority, 'user-agent': 'octopus-health', ...question.headers },
      { endStream: question.body === null },
    );
    stream.on('error', fail);
    question.judge(stream, (status, error) => finish(status, error));
    stream.on('close', () => finish(0, 'the endpoint has reset the stream'));
    if (question.body !== null) stream.end(question.body);
  });
}

function dial({ ip, port, tls }: CheckTarget): Socket {
  const address = { host: ip, port };
  return tls === null ? connect(address) : connectTls({ ...address, ...tls.options, ALPNProtocols: ['h2'] });
}

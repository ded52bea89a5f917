/** The active health check of an endpoint that speaks HTTP/2. */
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HealthCheck } from '../../routing/model.ts';
import type { CheckResult, CheckTarget } from './check.ts';

/** Resolves in every case. `signal` ends the check; its result does not matter then. */
export function runH2Check(
  target: CheckTarget,
  settings: HealthCheck,
  judge: (status: number) => string,
  signal: AbortSignal,
): Promise<CheckResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const scheme = target.tls === null ? 'http' : 'https';
    const session = connectHttp2(`${scheme}://${target.authority}`, { createConnection: () => dial(target) });
    const finish = (status: number, error: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve({ status, error, latencyMs: performance.now() - startedAt, conclusive: true });
      session.destroy();
    };
    const abort = (): void => finish(0, 'aborted');
    const timer = setTimeout(() => finish(0, `no answer within ${settings.timeout} ms`), settings.timeout);
    signal.addEventListener('abort', abort, { once: true });
    session.on('error', (error: NodeJS.ErrnoException) => finish(0, error.code ?? error.message));
    session.on('close', () => finish(0, 'connection closed without an answer'));
    const stream = session.request({
      ':path': settings.path,
      ':authority': target.authority,
      'user-agent': 'octopus-health',
      accept: '*/*',
    });
    stream.on('response', (headers) => {
      const status = Number(headers[':status']);
      finish(status, judge(status));
    });
    stream.on('error', (error) => finish(0, error.message));
  });
}

function dial({ ip, port, tls }: CheckTarget): Socket {
  const address = { host: ip, port };
  return tls === null ? connect(address) : connectTls({ ...address, ...tls.options, ALPNProtocols: ['h2'] });
}

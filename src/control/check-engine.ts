import { ListenError } from '../../native-bindings/listen-error.ts';
import { loadUwebsockets } from '../../native-bindings/uwebsockets.ts';
import type { EngineName } from '../shared/messages.ts';

/** What the process is to listen on. */
export interface Listeners {
  /** IP literal. */
  readonly host: string;
  readonly port: number;
  /** 0 when TLS is off. */
  readonly tlsPort: number;
}

/**
 * Finds out before any worker starts whether the engine can be had and serves what it is to serve. The configuration was
 * checked for that as well, but `--engine` overrules it.
 *
 * @throws ListenError that says what to do
 */
export function checkEngine(engine: EngineName, { host, port, tlsPort }: Listeners): void {
  if (engine !== 'uws') return;
  if (tlsPort !== 0) {
    const message = 'tls.enabled: the engine uws serves plain HTTP only; use "engine: builtin"';
    throw new ListenError('ENOSYS', host, tlsPort, message);
  }
  try {
    loadUwebsockets();
  } catch (error) {
    throw new ListenError('ENOSYS', host, port, error instanceof Error ? error.message : String(error));
  }
}

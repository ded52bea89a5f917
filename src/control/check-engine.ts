import { ListenError } from '../../native-bindings/listen-error.ts';
import { loadUwebsockets } from '../../native-bindings/uwebsockets.ts';
import type { EngineName } from '../shared/messages.ts';

/**
 * Finds out before any worker starts whether the engine can be had. What it does not serve was found when the
 * configuration was read.
 *
 * @param host IP literal
 * @throws ListenError that says what to do
 */
export function checkEngine(engine: EngineName, host: string, port: number): void {
  if (engine !== 'uws') return;
  try {
    loadUwebsockets();
  } catch (error) {
    throw new ListenError('ENOSYS', host, port, error instanceof Error ? error.message : String(error));
  }
}

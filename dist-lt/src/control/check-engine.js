import { ListenError } from '../../native-bindings/listen-error.js';
import { loadUwebsockets } from '../../native-bindings/uwebsockets.js';
/**
 * Finds out before any worker starts whether the engine can be had.
 *
 * @throws ListenError that says what to do
 */
export function checkEngine(engine, host, port) {
    if (engine !== 'uws')
        return;
    try {
        loadUwebsockets();
    }
    catch (error) {
        throw new ListenError('ENOSYS', host, port, error instanceof Error ? error.message : String(error));
    }
}
//# sourceMappingURL=check-engine.js.map
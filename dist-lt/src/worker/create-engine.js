import { listenOptions } from '../../native-bindings/reuse-port.js';
import { BuiltinEngine } from '../engine/builtin/server.js';
/** The engine that the configuration names; the code of the other one is not loaded. */
export async function createEngine({ engine, host, port, tlsPort, workerCount }, worker, maxConnections) {
    const shared = workerCount > 1;
    if (engine === 'builtin') {
        return new BuiltinEngine(worker, {
            plain: listenOptions(host, port, shared),
            tls: tlsPort === 0 ? null : listenOptions(host, tlsPort, shared),
            workers: workerCount,
            maxConnections,
        });
    }
    const [{ loadUwebsockets }, { UwsEngine }] = await Promise.all([
        import('../../native-bindings/uwebsockets.js'),
        import('../engine/uws/server.js'),
    ]);
    const module = loadUwebsockets().module;
    return new UwsEngine(worker, module, { host, port, shared }, maxConnections);
}
//# sourceMappingURL=create-engine.js.map
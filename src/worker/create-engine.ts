import { listenOptions } from '../../native-bindings/reuse-port.ts';
import { BuiltinEngine } from '../engine/builtin/server.ts';
import type { Engine, EngineHost } from '../engine/engine.ts';
import type { UwsModule } from '../engine/uws/binding.ts';
import type { WorkerInit } from '../shared/messages.ts';

/** The engine that the configuration names; the code of the other one is not loaded. */
export async function createEngine(
  { engine, host, port, tlsPort, workerCount }: WorkerInit,
  worker: EngineHost,
  maxConnections: number,
): Promise<Engine> {
  const shared = workerCount > 1;
  if (engine === 'builtin') {
    return new BuiltinEngine(worker, {
      plain: listenOptions(host, port, shared),
      tls: tlsPort === 0 ? null : listenOptions(host, tlsPort, shared),
      workers: workerCount,
      maxConnections,
    });
  }
  const [{ loadUwebsockets }, { withMemoryFiles }, { UwsEngine }] = await Promise.all([
    import('../../native-bindings/uwebsockets.ts'),
    import('../../native-bindings/memory-file.ts'),
    import('../engine/uws/server.ts'),
  ]);
  const module = loadUwebsockets().module as UwsModule;
  return new UwsEngine(
    worker,
    { module, withFiles: withMemoryFiles },
    { host, port, tlsPort, shared },
    maxConnections,
  );
}

import { pinThread, threadCores } from '../../native-bindings/cpu-affinity.ts';

/**
 * Keeps this worker on one of the cores that the process may use; workers beyond their number share from the first on.
 *
 * @returns the core
 * @throws NativeModuleError when this system cannot do it
 */
export function pinToCore(workerIndex: number): number {
  const cores = threadCores();
  const core = cores[workerIndex % cores.length]!;
  pinThread(core);
  return core;
}

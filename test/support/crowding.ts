import { spawnSync } from 'node:child_process';

/** Milliseconds that `node -e 0` takes on a machine that does nothing else. */
const QUIET_NODE_START = 50;

/** How many times longer than alone on the machine a program takes just now, at least 1: others use the same cores. */
export function crowding(): number {
  const times = [0, 0].map(() => {
    const startedAt = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    return performance.now() - startedAt;
  });
  return Math.max(1, Math.min(...times) / QUIET_NODE_START);
}

// Preloaded into what start.mjs runs: nothing outlives it, also when it is killed and cannot stop its children itself.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
  process.stdin.resume();
  // The pipe alone is no reason to go on.
  process.stdin.unref();
}

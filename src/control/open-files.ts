/** Whether the process may open as many files as its configuration promises connections. */
import { readFileSync } from 'node:fs';

/** Each proxied connection has another one to its endpoint. */
const FILES_PER_CONNECTION = 2;
/** Listeners, pipes and modules of the gateway itself. */
const OWN_FILES = 200;

/**
 * @param limits text of `/proc/self/limits`; Node.js raises the soft limit to the hard one when it starts
 * @returns '' when there are enough files, or when nobody knows
 */
export function openFilesWarning(connections: number, limits = ownLimits()): string {
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const wanted = connections * FILES_PER_CONNECTION + OWN_FILES;
  if (allowed >= wanted) return '';
  const enough = Math.max(0, Math.floor((allowed - OWN_FILES) / FILES_PER_CONNECTION));
  return (
    `the process may open ${allowed} files, enough for ${enough} proxied connections, ` +
    `but server.limits.connections is ${connections}; raise the limit (LimitNOFILE, ulimit -n) or lower the setting`
  );
}

/** Only Linux has them there. */
function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return '';
  }
}

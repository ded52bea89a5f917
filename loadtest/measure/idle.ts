import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startHelper } from '../system/child.ts';
import { residentBytes } from './usage.ts';

const HOLDER = fileURLToPath(new URL('../generators/idle-holder.js', import.meta.url));

/** Resident bytes of the process while `count` clients hold a connection that has served one request. */
export async function memoryWithConnections(
  pid: number,
  port: number,
  path: string,
  count: number,
  cores: string,
  restSeconds: number,
): Promise<number> {
  const args = [HOLDER, String(port), String(count), path];
  const holder = startHelper({ command: process.execPath, args }, cores);
  const ended = once(holder, 'exit');
  const [firstLine] = await once(holder.stdout!.setEncoding('utf8'), 'data');
  if (firstLine !== 'ready\n') throw new Error(`holding ${count} connections failed: ${firstLine}`);
  await sleep(restSeconds * 1_000);
  const bytes = residentBytes(pid);
  holder.stdin!.end();
  await ended;
  return bytes;
}

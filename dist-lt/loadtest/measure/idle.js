import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startHelper } from '../system/child.js';
import { residentBytes } from './usage.js';
const HOLDER = fileURLToPath(new URL('../generators/idle-holder.js', import.meta.url));
/** Long enough for garbage collectors and pools to come to rest. */
const SETTLE_MS = 1_500;
/** Resident bytes of the process while `count` clients hold a connection that has served one request. */
export async function memoryWithConnections(pid, port, path, count, cores) {
    const args = [HOLDER, String(port), String(count), path];
    const holder = startHelper({ command: process.execPath, args }, cores);
    const ended = once(holder, 'exit');
    const [firstLine] = await once(holder.stdout.setEncoding('utf8'), 'data');
    if (firstLine !== 'ready\n')
        throw new Error(`holding ${count} connections failed: ${firstLine}`);
    await sleep(SETTLE_MS);
    const bytes = residentBytes(pid);
    holder.stdin.end();
    await ended;
    return bytes;
}
//# sourceMappingURL=idle.js.map
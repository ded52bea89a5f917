import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

// Below the range of ephemeral ports, so that no outgoing connection takes a port between its choice and its use.
const FIRST = 17_000;
const COUNT = 12_000;
const folder = path.join(os.tmpdir(), `octopus-test-ports-${process.getuid?.() ?? 0}`);

/**
 * A port of 127.0.0.1 that no other test process uses until `release`. Listening on port 0 is not enough: with
 * SO_REUSEPORT two gateways on one port would share its traffic instead of failing.
 */
export async function reservePort(): Promise<{ port: number; release(): void }> {
  mkdirSync(folder, { recursive: true });
  for (let tries = 0; tries < 500; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const file = path.join(folder, String(port));
    if (!claim(file)) continue;
    if (await canListen(port)) return { port, release: () => rmSync(file, { force: true }) };
    rmSync(file, { force: true });
  }
  throw new Error('no free port');
}

/** A port of 127.0.0.1 where nobody listens as long as this process lives. */
export async function deadPort(): Promise<number> {
  const { port, release } = await reservePort();
  process.once('exit', release);
  return port;
}

function claim(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return true;
  } catch {
    // Left by a test process that was killed: free it for the next try.
    if (!ownerLives(file)) rmSync(file, { force: true });
    return false;
  }
}

function ownerLives(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'latin1'));
    if (!pid) return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

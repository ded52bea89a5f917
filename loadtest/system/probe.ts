import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './child.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One GET on a connection of its own. */
export function get(port: number, path: string, tls = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      timeout: 2_000,
      rejectUnauthorized: false,
    };
    const request = (tls ? https : http).get(options, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 2 s')));
    request.on('error', reject);
  });
}

/**
 * Asks until the answer is 200, or the 101 of a WebSocket.
 * @throws Error with the end of its log when the server ends or does not answer in time.
 */
export async function ready(
  name: string,
  server: Server,
  seconds: number,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const deadline = Date.now() + seconds * 1_000;
  let last = 'never answered';
  while (Date.now() < deadline) {
    if (server.exited) throw new Error(`${name} ended at start:\n${server.logTail()}`);
    try {
      const answer = await ask();
      if (answer.status === 200 || answer.status === 101) return answer;
      last = `answered ${answer.status}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await sleep(50);
  }
  throw new Error(`${name} was not ready after ${seconds} s (${last}):\n${server.logTail()}`);
}

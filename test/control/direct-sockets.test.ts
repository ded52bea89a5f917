/** `server.direct_sockets` and `server.io_uring`: what the threads of a gateway hold open, and that all ways serve. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DirectSockets } from '../../native-bindings/direct-sockets.ts';
import { SocketRing } from '../../native-bindings/socket-ring.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { message } from '../support/wire.ts';

const skip = DirectSockets.open(() => {}) === null && 'only on Linux, with koffi';
const hasRings = SocketRing.open() !== null;
const WORKERS = 2;
const CLIENTS = 40;
const FORBID = new URL('../support/forbid-io-uring.js', import.meta.url).href;

/** Descriptors of the process that are of one kind. */
function descriptors(gateway: Gateway, kind: string): string[] {
  const folder = `/proc/${gateway.pid}/fd`;
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`) === `anon_inode:[${kind}]`;
    } catch {
      return false;
    }
  });
}

/** How many epoll instances of the process watch one that others are watched by. */
function nestedEpolls(gateway: Gateway): number {
  const epolls = descriptors(gateway, 'eventpoll');
  const watched = epolls.flatMap((fd) =>
    [...readFileSync(`/proc/${gateway.pid}/fdinfo/${fd}`, 'latin1').matchAll(/^tfd:\s*(\d+)/gm)].map(
      ([, target]) => target!,
    ),
  );
  return epolls.filter((fd) => watched.includes(fd)).length;
}

describe('plain connections', { skip }, () => {
  const everywhere = hasRings ? WORKERS : 0;
  for (const [settings, nested, rings, nodeArgs] of [
    [{}, WORKERS, everywhere, []],
    [{ direct_sockets: true, io_uring: true }, WORKERS, everywhere, []],
    [{ io_uring: false }, WORKERS, 0, []],
    [{ direct_sockets: false }, 0, 0, []],
    [{}, WORKERS, 0, ['--import', FORBID]],
  ] as const) {
    const where = nodeArgs.length > 0 ? ' where io_uring is forbidden' : '';
    it(`are served with ${JSON.stringify(settings)}${where}`, async (t) => {
      const origin = await startHttpOrigin((request, response) => response.end(`for ${request.url}`));
      t.after(() => origin.close());
      const gateway = await startGateway(
        {
          server: settings,
          upstreams: [{ name: 'origin', endpoints: [origin.address] }],
          routes: [{ path: '/*', upstream: 'origin' }],
        },
        { workers: WORKERS, nodeArgs },
      );
      t.after(() => gateway.stop());
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => gateway.connect()));
      for (let round = 0; round < 5; round++)
        await Promise.all(
          clients.map(async (client, at) => {
            const answer = await client.request(message(`GET /${round}/${at} HTTP/1.1`, 'Host: a'));
            assert.deepEqual([answer.status, answer.body.toString()], [200, `for /${round}/${at}`]);
          }),
        );
      assert.equal(nestedEpolls(gateway), nested);
      assert.equal(descriptors(gateway, 'io_uring').length, rings);
    });
  }
});

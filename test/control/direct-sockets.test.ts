/** `server.direct_sockets`: what the threads of a gateway hold open, and that both ways serve. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DirectSockets } from '../../native-bindings/direct-sockets.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { message } from '../support/wire.ts';

const skip = DirectSockets.open(() => {}) === null && 'only on Linux, with koffi';
const WORKERS = 2;

/** How many epoll instances of the process watch one that others are watched by. */
function nestedEpolls(gateway: Gateway): number {
  const folder = `/proc/${gateway.pid}`;
  const epolls = readdirSync(`${folder}/fd`).filter((fd) => {
    try {
      return readlinkSync(`${folder}/fd/${fd}`) === 'anon_inode:[eventpoll]';
    } catch {
      return false;
    }
  });
  const watched = epolls.flatMap((fd) =>
    [...readFileSync(`${folder}/fdinfo/${fd}`, 'latin1').matchAll(/^tfd:\s*(\d+)/gm)].map(
      ([, target]) => target!,
    ),
  );
  return epolls.filter((fd) => watched.includes(fd)).length;
}

describe('plain connections', { skip }, () => {
  for (const [setting, nested] of [
    [undefined, WORKERS],
    [true, WORKERS],
    [false, 0],
  ] as const) {
    it(`are ${nested > 0 ? '' : 'not '}read directly with direct_sockets: ${setting ?? 'not set'}`, async (t) => {
      const origin = await startHttpOrigin((_, response) => response.end('hello'));
      t.after(() => origin.close());
      const gateway = await startGateway(
        {
          ...(setting === undefined ? {} : { server: { direct_sockets: setting } }),
          upstreams: [{ name: 'origin', endpoints: [origin.address] }],
          routes: [{ path: '/*', upstream: 'origin' }],
        },
        { workers: WORKERS },
      );
      t.after(() => gateway.stop());
      const client = await gateway.connect();
      for (let i = 0; i < 3; i++)
        assert.equal((await client.request(message('GET / HTTP/1.1', 'Host: a'))).status, 200);
      assert.equal(nestedEpolls(gateway), nested);
    });
  }
});

/** What a check over HTTP/2 makes of endpoints that do not speak it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { it } from 'node:test';
import type { HealthCheck } from '../../routing/model.ts';
import type { CheckResult } from './check.ts';
import { runH2Check } from './check-h2.ts';

const SETTINGS: HealthCheck = {
  path: '/health',
  grpcService: null,
  interval: 60_000,
  timeout: 20_000,
  healthyAfter: 1,
  unhealthyAfter: 1,
  expect: [[200, 299]],
};

async function check(server: net.Server): Promise<CheckResult> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const target = { ip: '127.0.0.1', port, authority: `a.test:${port}`, tls: null };
  try {
    return await runH2Check(target, SETTINGS, new AbortController().signal);
  } finally {
    server.close();
  }
}

/** Says this to whoever connects, and leaves the connection open. */
const saying = (text: string): net.Server =>
  net.createServer((socket) => {
    socket.on('error', () => {}).resume();
    socket.on('data', () => socket.write(text));
  });

const OTHERS: Readonly<Record<string, () => net.Server>> = {
  'a server of HTTP/1.1': () => http.createServer((_request, response) => response.end()),
  'one that keeps the connection': () =>
    saying('HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 0\r\n\r\n'),
  'something else': () => saying('220 mail.test ESMTP\r\n'),
  'a few bytes': () => saying('ok'),
};

for (const [what, make] of Object.entries(OTHERS)) {
  it(`${what}: fails long before its time is over, with the reason`, async () => {
    const { status, error, conclusive, latencyMs } = await check(make());
    assert.deepEqual([status, error, conclusive], [0, 'the endpoint does not speak HTTP/2', true]);
    assert.ok(latencyMs < SETTINGS.timeout / 2, `${latencyMs} ms`);
  });
}

it('a server of HTTP/2 that answers late passes', async () => {
  const server = http2.createServer();
  server.on('stream', (stream) => {
    setTimeout(() => {
      stream.respond({ ':status': 200 });
      stream.end();
    }, 500);
  });
  assert.deepEqual(await check(server).then(({ status, error }) => [status, error]), [200, '']);
});

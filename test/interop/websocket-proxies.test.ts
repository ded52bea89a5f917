/** WebSockets and event streams with nginx and HAProxy around the gateway. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { EventClient, EventService } from '../support/event-source.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { connect, statusOf, WebSocketService } from '../support/websockets.ts';
import { type RunningProxy, startHaproxy, startStreamingNginx } from './proxies.ts';

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let service: WebSocketService;
let events: EventService;
/** By the name of their route: proxies between the gateway and the services. */
const behind = new Map<string, RunningProxy | { missing: string }>();
let gateway: Gateway;

before(async () => {
  service = await new WebSocketService({ perMessageDeflate: true }).start();
  events = await new EventService().start();
  behind.set('nginx', await startStreamingNginx(service.port));
  behind.set('haproxy', await startHaproxy(service.port));
  behind.set('nginx-events', await startStreamingNginx(events.port));
  behind.set('haproxy-events', await startHaproxy(events.port));
  const running = [...behind].flatMap(([name, proxy]) =>
    'missing' in proxy ? [] : [{ name, port: proxy.port }],
  );
  gateway = await startGateway({
    server: { trusted_proxies: ['127.0.0.1/32'] },
    upstreams: [
      { name: 'service', endpoints: [service.address] },
      ...running.map(({ name, port }) => ({ name, endpoints: [`127.0.0.1:${port}`] })),
      { name: 'events', endpoints: [events.address] },
    ],
    routes: [
      ...running.map(({ name }) => ({ path: `/${name}/*`, upstream: name, strip_prefix: `/${name}` })),
      { path: '/events', upstream: 'events' },
      { path: '/off', upstream: 'service', websocket: false },
      { path: '/*', upstream: 'service' },
    ],
  });
});

after(async () => {
  await gateway?.stop();
  for (const proxy of behind.values()) if ('stop' in proxy) await proxy.stop();
  await service?.stop();
  await events?.stop();
});

async function exchange(port: number, path: string): Promise<void> {
  const client = await connect(port, path);
  const sent = [Buffer.from('small'), randomBytes(70_000), randomBytes(1_000_000)];
  for (const bytes of sent) client.socket.send(bytes);
  await client.message(sent.length);
  assert.deepEqual(client.messages.map(digest), sent.map(digest));
  client.socket.close(4002, 'done');
  assert.deepEqual(await client.untilClosed(), { code: 4002, reason: 'done' });
  assert.deepEqual(await service.latest.untilClosed(), { code: 4002, reason: 'done' });
}

for (const name of ['nginx', 'haproxy']) {
  it(`${name} behind the gateway: WebSockets`, async (context) => {
    const proxy = behind.get(name)!;
    if ('missing' in proxy) return context.skip(proxy.missing);
    await exchange(gateway.port, `/${name}/chat`);
  });

  it(`${name} behind the gateway: event streams`, async (context) => {
    const proxy = behind.get(`${name}-events`)!;
    if ('missing' in proxy) return context.skip(proxy.missing);
    const client = await EventClient.open(gateway.port, `/${name}-events/news`);
    for (const number of [1, 2]) {
      events.latest.send(`data: ${number}\n\n`);
      await client.until(`data: ${number}\n\n`);
    }
    client.close();
  });
}

for (const [name, startProxy] of [
  ['nginx', startStreamingNginx],
  // Without the option HAProxy goes on reading for a client that has closed its side.
  ['HAProxy', (port: number) => startHaproxy(port, 'option abortonclose')],
] as const) {
  describe(`${name} in front of the gateway`, () => {
    let front: RunningProxy | { missing: string };
    before(async () => {
      front = await startProxy(gateway.port);
    });
    after(async () => {
      if (front && 'stop' in front) await front.stop();
    });

    it('WebSockets, also with nginx behind it, and refusals', async (context) => {
      if ('missing' in front) return context.skip(front.missing);
      await exchange(front.port, '/chat');
      if (!('missing' in behind.get('nginx')!)) await exchange(front.port, '/nginx/chat');
      assert.equal(await statusOf(front.port, '/off'), 501);
      assert.equal(await statusOf(front.port, '/status/404'), 404);
    });

    it('event streams: each event at once, a client that leaves is noticed', async (context) => {
      if ('missing' in front) return context.skip(front.missing);
      const client = await EventClient.open(front.port, '/events');
      for (const number of [1, 2]) {
        events.latest.send(`data: ${number}\n\n`);
        await client.until(`data: ${number}\n\n`);
      }
      client.close();
      await eventually(async () => events.latest.closedAt !== 0, 'the service to see it');
    });
  });
}

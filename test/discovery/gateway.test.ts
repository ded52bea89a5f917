/** A gateway with a real etcd: requests while services flap, and while etcd is away. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { okResponse, RecordingOrigin } from '../support/origin.ts';
import { EtcdServer } from './etcd-server.ts';
import { TcpLink } from './tcp-link.ts';

/** Requests one after the other until it is stopped. */
class Traffic {
  readonly answers = new Map<string, number>();
  readonly #url: string;
  #running = true;
  readonly #done: Promise<void>;

  constructor(gateway: Gateway, path: string) {
    this.#url = `http://127.0.0.1:${gateway.port}${path}`;
    this.#done = this.#run();
  }

  async stop(): Promise<ReadonlyMap<string, number>> {
    this.#running = false;
    await this.#done;
    return this.answers;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const answer = await fetch(this.#url).then(
        async (response) => `${response.status} ${await response.text()}`,
        (error: Error) => `failed: ${error.message}`,
      );
      this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    }
  }
}

it('services that flap fail no request of others; etcd away changes nothing, and is seen in the metrics', async (context) => {
  const etcd = await EtcdServer.start();
  if ('missing' in etcd) return context.skip(etcd.missing);
  const link = await new TcpLink(etcd.port).up();
  const one = await new RecordingOrigin(() => okResponse('one')).listen();
  const two = await new RecordingOrigin(() => okResponse('two')).listen();
  const put = (service: string, id: string, address: string) =>
    etcd.client.put(`farp/services/${service}/${id}`).value(JSON.stringify({ address, port: 0 }));
  await put('steady', '1', one.address);
  const endpoints = [`http://127.0.0.1:${link.port}`];
  const gateway = await startGateway(
    { discovery: { backend: 'etcd', expose: 'all', etcd: { endpoints, prefix: 'farp' } } },
    { workers: 2 },
  );
  const up = async (): Promise<number> =>
    (await gateway.metrics()).sum('octopus_discovery_up', { backend: 'etcd' });
  try {
    const traffic = new Traffic(gateway, '/steady/x');
    await eventually(async () => (traffic.answers.get('200 one') ?? 0) > 0, 'the service to be reached');
    for (let times = 0; times < 100; times++) {
      await put('flapping', '1', two.address);
      await etcd.client.delete().key('farp/services/flapping/1');
    }
    await put('flapping', '1', two.address);
    const flapping = `http://127.0.0.1:${gateway.port}/flapping/x`;
    await eventually(async () => (await fetch(flapping)).status === 200, 'the last state of what flapped');

    assert.equal(await up(), 1);
    await link.down();
    await eventually(async () => (await up()) === 0, 'the absence to be seen');
    await put('steady', '1', two.address);
    await wait(500);
    const stale = (await gateway.metrics()).sum('octopus_discovery_stale_seconds', { backend: 'etcd' });
    assert.ok(stale > 0, `${stale} s`);
    assert.equal(traffic.answers.get('200 two'), undefined, 'what it told last stays in force');
    await link.up();
    await eventually(async () => (traffic.answers.get('200 two') ?? 0) > 0, 'what changed meanwhile');
    await eventually(async () => (await up()) === 1, 'the return to be seen');
    const answers = await traffic.stop();
    assert.deepEqual([...answers.keys()].sort(), ['200 one', '200 two']);
  } finally {
    await gateway.stop();
    await Promise.all([one.close(), two.close(), link.down()]);
    await etcd.stop();
  }
});

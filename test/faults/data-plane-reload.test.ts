/** Reloads under load: no request fails, memory stays flat. 1,000 of them with OCTOPUS_SOAK=1. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Endpoint } from '../support/endpoint.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type LoadOptions, underLoad } from '../support/load.ts';
import { message } from '../support/wire.ts';

const RELOADS = process.env['OCTOPUS_SOAK'] ? 1_000 : 12;

const BROKEN: readonly ((good: string) => string)[] = [
  () => 'routes: [',
  (good) => `${good}\nno_such_key: 1\n`,
  (good) => good.replaceAll('upstream: two', 'upstream: nowhere'),
  (good) => good.replace('workers:', 'wrokers:'),
  // Half a file can be a whole configuration; half a file and a tab cannot.
  (good) => `${good.slice(0, good.length / 2)}\n\t- [`,
];

let gateway: Gateway;
let one: Endpoint;
let two: Endpoint;

/** Routes come and go and the upstream of `/` changes; every request has an answer in each generation. */
function generation(index: number): GatewayConfig {
  const target = index % 2 === 0 ? 'one' : 'two';
  return {
    upstreams: [
      { name: 'one', endpoints: [one.address] },
      { name: 'two', endpoints: index % 3 === 0 ? [two.address] : [two.address, one.address] },
    ],
    routes: [
      { path: '/*', upstream: target },
      { path: '/api/{id}', upstream: 'two', timeout: `${10 + (index % 5)}s` },
      ...Array.from({ length: index % 7 }, (_, extra) => ({
        path: `/extra/${index}/${extra}`,
        upstream: 'two',
      })),
    ],
  };
}

before(async () => {
  one = await new Endpoint('one').start();
  two = await new Endpoint('two').start();
  gateway = await startGateway(generation(0));
});

after(async () => {
  await gateway?.stop();
  await one?.close();
  await two?.close();
});

/** Without the room for young objects of the primary, which V8 doubles from 8 to 32 MB on the way. */
async function memory(): Promise<number> {
  const metrics = await gateway.metrics();
  return gateway.rss() - metrics.sum('nodejs_heap_space_size_total_bytes', { space: 'new' });
}

describe('reload', () => {
  it(`${RELOADS} reloads under load, half of them broken: no request fails and memory does not grow`, async () => {
    const options: LoadOptions = {
      port: gateway.port,
      connections: 16,
      request: (sequence) =>
        sequence % 4 === 0
          ? `${message('POST /api/5 HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`
          : message(`GET /path/${sequence % 50} HTTP/1.1`, 'Host: a'),
    };
    let settled = 0;
    const { failures } = await underLoad(options, async (load) => {
      await load.more(500);
      for (let index = 1; index <= RELOADS; index++) {
        if (index === Math.floor(RELOADS / 4)) settled = await memory();
        if (index % 2 === 0) await gateway.reload(generation(index));
        else await refuse(index);
        await load.more(20);
      }
    });
    assert.deepEqual(failures, []);
    const grown = ((await memory()) - settled) / 1024 / 1024;
    assert.ok(grown < 40, `resident memory grew by ${grown.toFixed(1)} MB`);
  });

  it('the last good generation is the one that serves', async () => {
    await gateway.reload({
      upstreams: [],
      routes: [{ path: '/only', respond: { status: 200, body: 'last' } }],
    });
    await refuse(1);
    const client = await gateway.connect();
    assert.equal((await client.request(message('GET /only HTTP/1.1', 'Host: a'))).body, 'last');
    assert.equal((await client.request(message('GET /api/5 HTTP/1.1', 'Host: a'))).status, 404);
    client.destroy();
  });

  /** Writes a broken file and checks that it is refused with a reason. */
  async function refuse(index: number): Promise<void> {
    const good = gateway.writeConfig(generation(index));
    gateway.writeConfigText(BROKEN[((index - 1) / 2) % BROKEN.length]!(good));
    const response = await gateway.admin('/_/reload', { method: 'POST' });
    const text = await response.text();
    assert.ok(response.status >= 400 && response.status < 500, `${response.status} ${text}`);
    assert.notEqual(text, '');
  }
});

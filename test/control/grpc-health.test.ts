/** Health checks by gRPC against servers of the gRPC project, through a running gateway. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { ServerCredentials } from '@grpc/grpc-js';
import { type EndpointView, LEVELS, type UpstreamView } from '../config-keys/upstream-bench.ts';
import { Authority } from '../support/certificates.ts';
import { FarpService } from '../support/farp-service.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { GrpcHealthPeer, type PeerOptions, WhoCaller } from '../support/grpc-health-peer.ts';

const authority = await Authority.create();
const stranger = await Authority.create('somebody else');
const QUICK = { interval: '50ms', timeout: '5s', healthy_after: 1, unhealthy_after: 1 };

describe('health checks by gRPC', () => {
  let gateway: Gateway;
  const peers: GrpcHealthPeer[] = [];

  const start = async (options: PeerOptions = {}): Promise<GrpcHealthPeer> => {
    const peer = await GrpcHealthPeer.start(options);
    peers.push(peer);
    return peer;
  };
  let uses = 0;
  /** The upstream is a new one each time: what was known of endpoints before does not count. */
  const use = (
    endpoints: readonly string[],
    check: object,
    { level = 'upstreams[]', ...more }: { level?: string; tls?: object } = {},
  ): Promise<void> => {
    const name = `u${++uses}`;
    const health_check = { ...QUICK, ...check };
    const config: GatewayConfig = {
      routing: { retries: 0, ...(level === 'routing' ? { health_check } : {}) },
      upstreams: [
        { name, endpoints, protocol: 'h2', ...more, ...(level === 'routing' ? {} : { health_check }) },
      ],
      routes: [{ path: '/*', upstream: name }],
    };
    return gateway.reload(config);
  };
  const endpoints = async (): Promise<readonly EndpointView[]> => {
    const { upstreams } = (await (await gateway.admin('/_/upstreams')).json()) as {
      upstreams: UpstreamView[];
    };
    return upstreams[0]!.endpoints;
  };
  /** Waits until the endpoint is so. @returns why its last check failed */
  const until = async (health: string, index = 0): Promise<string> => {
    const view = await eventually(async () => {
      const endpoint = (await endpoints())[index]!;
      return endpoint.health === health ? endpoint : null;
    }, health);
    return view.last_check_error ?? '';
  };

  before(async () => {
    const client = authority?.issue('the gateway');
    gateway = await startGateway(
      {},
      {
        workers: 1,
        files: {
          'ca.pem': authority?.cert ?? '',
          'other-ca.pem': stranger?.cert ?? '',
          'client.pem': client?.cert ?? '',
          'client.key': client?.key ?? '',
        },
      },
    );
  });
  after(async () => {
    await gateway?.stop();
    for (const peer of peers) peer.stop();
  });

  for (const level of LEVELS) {
    it(`${level}.health_check.grpc: the server as a whole, as its status flips`, async () => {
      const peer = await start();
      await use([peer.address], { grpc: true }, { level });
      await until('healthy');
      for (let round = 0; round < 2; round++) {
        peer.set('NOT_SERVING');
        assert.equal(await until('unhealthy'), 'NOT_SERVING');
        peer.set('SERVING');
        assert.equal(await until('healthy'), '');
      }
    });

    it(`${level}.health_check.grpc.service: one of its services`, async () => {
      const peer = await start();
      peer.set('NOT_SERVING');
      peer.set('SERVING', 'orders.v1.Orders');
      await use([peer.address], { grpc: { service: 'orders.v1.Orders' } }, { level });
      await until('healthy');
      peer.set('UNKNOWN', 'orders.v1.Orders');
      assert.equal(await until('unhealthy'), 'UNKNOWN');
      await use([peer.address], { grpc: { service: 'orders.v1.Nothing' } }, { level });
      assert.equal(await until('unhealthy'), 'the server has no health of orders.v1.Nothing (NOT_FOUND)');
    });
  }

  it('calls go to those that serve; to none when none does', async () => {
    const [a, b] = [await start(), await start()];
    await use([a.address, b.address], { grpc: true });
    const caller = new WhoCaller(gateway.port);
    await until('healthy', 0);
    await until('healthy', 1);
    const seen = new Set([await caller.ask(), await caller.ask()]);
    assert.deepEqual(seen, new Set([String(a.port), String(b.port)]));
    a.set('NOT_SERVING');
    await until('unhealthy', 0);
    for (let calls = 0; calls < 4; calls++) assert.equal(await caller.ask(), String(b.port));
    b.set('NOT_SERVING');
    await until('unhealthy', 1);
    assert.equal(await caller.ask(), 'UNAVAILABLE');
    const change = await gateway.logLine(
      ({ endpoint, reason }) => endpoint === b.address && reason !== undefined,
      'the change',
    );
    assert.equal(change['reason'], 'NOT_SERVING');
    caller.close();
  });

  it('a server without a health service has failed', async () => {
    const peer = await start({ health: 'none' });
    await use([peer.address], { grpc: true });
    assert.equal(await until('unhealthy'), 'the server does not implement grpc.health.v1 (UNIMPLEMENTED)');
  });

  it('a server that dies has failed, and is back with its first good answer', async () => {
    const peer = await start();
    await use([peer.address], { grpc: true });
    await until('healthy');
    peer.stop();
    await until('unhealthy');
    await eventually(
      async () => (await endpoints())[0]!.last_check_error === 'connection refused',
      'the reason',
    );
    await start({ port: peer.port });
    await until('healthy');
  });

  it('a server that hangs is told how long it has, and has failed then', async () => {
    const peer = await start({ health: 'hang' });
    await use([peer.address], { grpc: true, timeout: '300ms' });
    assert.equal(await until('unhealthy'), 'no answer within 300 ms');
    assert.ok(peer.timeLeft > 0 && peer.timeLeft <= 300, `${peer.timeLeft} ms`);
  });

  it('a reload that takes the endpoint or the check away closes what is open', async () => {
    const sockets = new Set<net.Socket>();
    const silent = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      socket.resume();
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const hanging = await start({ health: 'hang' });
    const other = await start();
    const unchecked = (): GatewayConfig => ({
      upstreams: [{ name: `u${uses}`, endpoints: [address, hanging.address] }],
    });
    for (const change of [() => use([other.address], { grpc: true }), () => gateway.reload(unchecked())]) {
      await use([address, hanging.address], { grpc: true, timeout: '1h' });
      await eventually(async () => sockets.size === 1 && hanging.hanging === 1, 'checks of both');
      await change();
      await eventually(async () => sockets.size === 0 && hanging.hanging === 0, 'both to be given up', 5_000);
    }
    silent.close();
  });

  it('a warning where calls could not get through at all', async () => {
    const peer = await start();
    await gateway.reload({
      upstreams: [{ name: 'old', endpoints: [peer.address], health_check: { ...QUICK, grpc: true } }],
      routes: [{ path: '/*', upstream: 'old' }],
    });
    await gateway.logLine((line) => /needs protocol: h2/.test(JSON.stringify(line)), 'the warning');
    await until('healthy');
  });

  it('a service that says it has gRPC health is asked by it, on both of its upstreams', async () => {
    const peer = await start();
    const farp = await FarpService.start({
      name: 'orders',
      manifest: {
        endpoints: { health: '/grpc.health.v1.Health/Check' },
        route_table: ['/test.v1.Test/Who', '/grpc.health.v1.Health/Check'].map((path) => ({
          path,
          methods: ['POST'],
          protocol: 'grpc',
        })),
      },
    });
    const metadata = { 'farp.enabled': 'true', 'farp.manifest': `http://${farp.address}/_farp/manifest` };
    const listed = { name: 'orders', metadata, instances: [{ id: farp.id, address: peer.address }] };
    await gateway.reload({
      farp: { enabled: true },
      discovery: { backend: 'static', static: { services: [listed] } },
      routing: { health_check: QUICK },
    });
    const state = async (): Promise<string> => {
      const { upstreams } = (await (await gateway.admin('/_/upstreams')).json()) as {
        upstreams: UpstreamView[];
      };
      return upstreams.map(({ name, endpoints }) => `${name} ${endpoints[0]?.health}`).join();
    };
    await eventually(async () => (await state()) === 'orders healthy,orders~grpc healthy', 'healthy');
    const caller = new WhoCaller(gateway.port);
    assert.equal(await caller.ask(), String(peer.port));
    peer.set('NOT_SERVING');
    await eventually(async () => (await state()) === 'orders unhealthy,orders~grpc unhealthy', 'unhealthy');
    assert.equal(await caller.ask(), 'UNAVAILABLE');
    caller.close();
    await farp.close();
  });

  describe('over TLS', { skip: authority === null && 'no openssl to make certificates with' }, () => {
    let peer: GrpcHealthPeer;
    const ca = { ca: 'ca.pem', server_name: 'secure.internal' };
    const own = { cert: 'client.pem', key: 'client.key' };
    const secure = (): string[] => [`https://${peer.address}`];

    before(async () => {
      const { cert, key } = authority!.issue('secure.internal');
      const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
      peer = await start({
        credentials: ServerCredentials.createSsl(Buffer.from(authority!.cert), [pair], true),
      });
    });

    it('with the authority, the name and the client certificate of the upstream', async () => {
      await use(secure(), { grpc: true }, { tls: { ...ca, ...own } });
      await until('healthy');
      peer.set('NOT_SERVING');
      assert.equal(await until('unhealthy'), 'NOT_SERVING');
      peer.set('SERVING');
      await until('healthy');
    });

    it('another authority or name, or no client certificate: failed, and the reason says so', async () => {
      await use(secure(), { grpc: true }, { tls: { ...own, ca: 'other-ca.pem' } });
      assert.match(await until('unhealthy'), /certificate/);
      await use(secure(), { grpc: true }, { tls: { ...ca, ...own, server_name: 'other.internal' } });
      assert.match(await until('unhealthy'), /altnames/);
      await use(secure(), { grpc: true }, { tls: ca });
      assert.match(await until('unhealthy'), /certificate required|closed without|reset/);
    });

    it('an endpoint that does not agree on HTTP/2 has failed', async () => {
      const old = https.createServer(authority!.issue('secure.internal')).listen(0, '127.0.0.1');
      await once(old, 'listening');
      const { port } = old.address() as AddressInfo;
      await use([`https://127.0.0.1:${port}`], { grpc: true }, { tls: ca });
      assert.match(await until('unhealthy'), /ALPN|alert/);
      old.close();
    });
  });
});

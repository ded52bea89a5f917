/** `discovery`: what the settings of each backend do, seen through a gateway that uses it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import { EtcdServer } from '../discovery/etcd-server.ts';
import { ConsulAgent } from '../fakes/consul-agent.ts';
import { Authority } from '../support/certificates.ts';
import { DnsServer } from '../support/dns-server.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { RecordingOrigin } from '../support/origin.ts';

interface Instance {
  readonly id: string;
  readonly backend: string;
  readonly address: string;
  readonly version: string;
  readonly status: string;
  readonly weight: number;
  readonly zone: string;
}

let gateway: Gateway;
let origin: RecordingOrigin;
let port: number;
const cleanups: (() => unknown)[] = [];

before(async () => {
  origin = await new RecordingOrigin().listen();
  port = Number(origin.address.split(':')[1]);
  gateway = await startGateway({}, { workers: 1 });
});
after(async () => {
  await gateway?.stop();
  await origin?.close();
  for (const clean of cleanups.reverse()) await clean();
});

/** Replaces the configuration of the running gateway. */
function use(discovery: Readonly<Record<string, unknown>>): void {
  gateway.writeConfig({
    farp: { enabled: true, push: { enabled: false } },
    discovery: { expose: 'all', ...discovery },
  });
}

async function instances(service: string): Promise<readonly Instance[]> {
  const response = await gateway.admin(`/_/services/${service}`);
  if (response.status !== 200) return [];
  return ((await response.json()) as { instance_list: Instance[] }).instance_list;
}

/** The instances of a service, in order of id, once `condition` holds for them. */
function seen(
  service: string,
  condition: (all: readonly Instance[]) => boolean = (all) => all.length > 0,
): Promise<readonly Instance[]> {
  return eventually(async () => {
    const all = (await instances(service)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return condition(all) && all;
  }, `instances of ${service}`);
}

const errorOf = async (backend: string): Promise<string> => {
  const { backends } = (await (await gateway.admin('/_/services')).json()) as {
    backends: { name: string; error: string }[];
  };
  return backends.find(({ name }) => name === backend)?.error ?? '';
};

/** A TLS front before a plain port that wants certificates of clients. */
async function tlsFront(authority: Authority, target: number): Promise<number> {
  const pem = authority.issue('backend', { names: 'IP:127.0.0.1,DNS:localhost' });
  const server = tls.createServer(
    { ...pem, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    (near) => {
      const far = net.connect(target, '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => near.destroy());
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Files beside the configuration: the authority, and a client certificate of it. Relative names, as in a manual. */
function clientFiles(authority: Authority): { ca: string; cert: string; key: string } {
  const client = authority.issue('gateway');
  const files = { ca: authority.cert, cert: client.cert, key: client.key };
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(gateway.folder, `${name}.pem`), text);
  return { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' };
}

async function authorityOr(context: TestContext): Promise<Authority | null> {
  const authority = await Authority.create();
  if (authority === null) context.skip('openssl is not installed');
  return authority;
}

describe('discovery', () => {
  it('backend, backends: one, or several at once; expose: who gets routes', async () => {
    const one = (name: string) => ({ services: [{ name, instances: [origin.address] }] });
    const dns = new DnsServer();
    await dns.start();
    cleanups.push(() => dns.stop());
    dns.names.set('b.example.test', { addresses: ['127.0.0.1'], ttl: 1 });
    use({ backend: 'static', static: one('a') });
    await seen('a');
    const records = { servers: [dns.address], services: [{ name: 'b', record: 'b.example.test', port }] };
    use({ backends: ['static', 'dns'], static: one('a'), dns: records });
    assert.equal((await seen('b'))[0]?.backend, 'dns');
    await seen('a');
    const ask = async (): Promise<number> => (await fetch(`http://127.0.0.1:${gateway.port}/a/x`)).status;
    await eventually(async () => (await ask()) === 200, 'the route of a service that says nothing');
    use({ backend: 'static', static: one('a'), expose: 'farp' });
    await eventually(async () => (await ask()) === 404, 'the route to go');
  });

  it('static: name, version, instances with address, id, weight, zone, and metadata of both', async () => {
    const detailed = { address: origin.address, id: 'o-1', weight: 40, zone: 'z1' };
    const metadata = { 'farp.enabled': 'true' };
    const manifestAt = { 'farp.manifest': '/manifest-of-o-2' };
    const services = [
      {
        name: 'orders',
        version: '2.0.0',
        instances: [detailed, { address: origin.address, id: 'o-2', metadata: manifestAt }],
        metadata,
      },
    ];
    use({ backend: 'static', static: { services } });
    const [first] = await seen('orders', (all) => all.length === 2);
    const { id, address, version, weight, zone } = first!;
    assert.deepEqual([id, address, version, weight, zone], ['o-1', origin.address, '2.0.0', 40, 'z1']);
    const asked = (target: string) => origin.seen.some((request) => request.target === target);
    await eventually(async () => asked('/_farp/manifest'), 'what the service says of itself');
    await eventually(async () => asked('/manifest-of-o-2'), 'what the instance says of itself');
  });
});

describe('discovery.consul', () => {
  let agent: ConsulAgent;
  before(async () => {
    agent = await new ConsulAgent().start();
    cleanups.push(() => agent.stop());
    const web = (id: string, more = {}) => ({ service: 'web', id, address: '127.0.0.1', port, ...more });
    agent.register(
      web('a', { tags: ['blue'] }),
      web('b', { tags: ['blue'], checks: { http: 'warning' } }),
      web('c'),
    );
  });
  const consul = (settings: Record<string, unknown> = {}) =>
    use({ backend: 'consul', consul: { address: `http://127.0.0.1:${agent.port}`, ...settings } });
  const asks = (part: RegExp) =>
    eventually(async () => agent.questions.some((one) => part.test(one)), `${part}`);

  it('address, health, tags', async () => {
    consul();
    assert.equal((await seen('web', (all) => all.length === 3))[1]?.status, 'degraded');
    consul({ health: 'passing' });
    await seen('web', (all) => all.map(({ id }) => id).join() === 'a,c');
    consul({ tags: ['blue'] });
    await seen('web', (all) => all.map(({ id }) => id).join() === 'a,b');
  });

  it('datacenter, stale, wait', async () => {
    consul({ datacenter: 'dc-of-test', wait: '77s', stale: true });
    await asks(/dc=dc-of-test&stale=&index=\d+&wait=77000ms/);
    consul({ stale: false, wait: '66s' });
    await asks(/wait=66000ms/);
    agent.register({ service: 'web', id: 'c', address: '127.0.0.1', port, weight: 2 });
    await asks(/web\?index=\d+&wait=66000ms/);
    const since = agent.questions.filter((one) => one.includes('66000ms'));
    assert.ok(!since.some((one) => /stale|dc=/.test(one)), since.join(', '));
  });

  it('watches: so many services are asked for at once', async () => {
    for (let n = 0; n < 6; n++) agent.register({ service: `w${n}`, id: '1', address: '127.0.0.1', port });
    consul({ watches: 2 });
    await seen('w5');
    await eventually(async () => agent.held === 3, 'two questions for services and one for their names');
    consul({ watches: 20 });
    await eventually(async () => agent.held === 8, 'a question for each service and one for their names');
  });

  it('token', async () => {
    agent.token = 'token-of-test';
    consul({ token: 'wrong', wait: '2s' });
    await eventually(async () => /403/.test(await errorOf('consul')), 'the refusal');
    consul({ token: 'token-of-test' });
    await seen('web');
    await eventually(async () => (await errorOf('consul')) === '', 'the end of it');
    const shown = await (await gateway.admin('/_/config')).text();
    assert.doesNotMatch(shown, /token-of-test/);
    agent.token = '';
  });

  it('tls: ca, cert, key', async (context) => {
    const authority = await authorityOr(context);
    if (authority === null) return;
    const address = `https://127.0.0.1:${await tlsFront(authority, agent.port)}`;
    const { ca, cert, key } = clientFiles(authority);
    use({ backend: 'static' });
    consul({ address });
    await eventually(async () => /certificate/.test(await errorOf('consul')), 'an unknown authority');
    consul({ address, tls: { ca } });
    await eventually(async () => !/self-signed|unable/.test(await errorOf('consul')), 'a known one');
    consul({ address, tls: { ca, cert, key } });
    await seen('web');
    await eventually(async () => (await errorOf('consul')) === '', 'a client certificate that is taken');
  });
});

describe('discovery.etcd', () => {
  it('endpoints, prefix, username, password, tls: ca, cert, key', async (context) => {
    const authority = await authorityOr(context);
    if (authority === null) return;
    const files = clientFiles(authority);
    const pem = authority.issue('etcd', { names: 'IP:127.0.0.1,DNS:localhost' });
    for (const [name, text] of Object.entries(pem))
      writeFileSync(path.join(gateway.folder, `etcd-${name}.pem`), text);
    const at = (name: string): string => path.join(gateway.folder, name);
    const server = await EtcdServer.start({
      tls: { ca: at(files.ca), cert: at('etcd-cert.pem'), key: at('etcd-key.pem') },
      client: {
        credentials: {
          rootCertificate: Buffer.from(authority.cert),
          privateKey: readFileSync(at(files.key)),
          certChain: readFileSync(at(files.cert)),
        },
      },
    });
    if ('missing' in server) return context.skip(server.missing);
    cleanups.push(() => server.stop());
    const { client } = server;
    const instance = JSON.stringify({ address: '127.0.0.1', port });
    await client.put('own/services/kv/1').value(instance);
    await client.put('other/services/kv/2').value(instance);
    await client.user('root').create('root');
    await client.user('root').addRole('root');
    await client.user('octopus').create('password-of-test');
    await client.user('octopus').addRole('root');
    await client.auth.authEnable();

    const endpoints = ['https://127.0.0.1:1', `https://127.0.0.1:${server.port}`];
    const etcd = { endpoints, prefix: 'own', username: 'octopus', password: 'wrong', tls: files };
    use({ backend: 'etcd', etcd });
    await eventually(async () => /authentication failed/i.test(await errorOf('etcd')), 'the refusal');
    const right = { ...etcd, password: 'password-of-test' };
    use({ backend: 'etcd', etcd: right });
    assert.deepEqual(
      (await seen('kv')).map(({ id }) => id),
      ['1'],
    );
    use({ backend: 'etcd', etcd: { ...right, prefix: ['own', 'other'] } });
    await seen('kv', (all) => all.length === 2);
    assert.doesNotMatch(await (await gateway.admin('/_/config')).text(), /password-of-test/);
    use({ backend: 'static' });
    use({ backend: 'etcd', etcd: { ...right, tls: { ca: files.ca } } });
    await eventually(async () => (await errorOf('etcd')) !== '', 'a missing client certificate');
  });
});

describe('discovery.dns', () => {
  let server: DnsServer;
  before(async () => {
    server = new DnsServer();
    await server.start();
    cleanups.push(() => server.stop());
  });
  const dns = (settings: Record<string, unknown>) =>
    use({ backend: 'dns', dns: { servers: [server.address], ...settings } });
  const asked = (record: string): number => server.questions.filter((one) => one.startsWith(record)).length;

  it('servers; services with name, record, type, port, tls, metadata', async () => {
    server.names.set('_srv._tcp.example.test', {
      addresses: [],
      ttl: 1,
      srv: [{ target: 'host.example.test', port }],
    });
    server.names.set('host.example.test', { addresses: ['127.0.0.1'], ttl: 1 });
    server.names.set('plain-srv.example.test', {
      addresses: [],
      ttl: 1,
      srv: [{ target: 'host.example.test', port: 4_242 }],
    });
    const metadata = { 'farp.manifest': '/manifest-of-dns' };
    dns({
      services: [
        { name: 'by-srv', record: '_srv._tcp.example.test', metadata },
        { name: 'by-type', record: 'plain-srv.example.test', type: 'srv' },
        { name: 'by-address', record: 'host.example.test', port: 4_243, tls: true },
      ],
    });
    assert.equal((await seen('by-srv'))[0]?.address, origin.address);
    assert.equal((await seen('by-type'))[0]?.address, '127.0.0.1:4242');
    assert.equal((await seen('by-address'))[0]?.address, '127.0.0.1:4243');
    const isAsked = () => origin.seen.some(({ target }) => target === '/manifest-of-dns');
    await eventually(async () => isAsked(), 'the manifest named by the metadata');
    dns({ services: [{ name: 'by-address', record: 'host.example.test', port, tls: true }] });
    const url = `http://127.0.0.1:${gateway.port}/by-address/x`;
    // The origin speaks no TLS: that it is tried shows in the failure.
    await eventually(async () => (await fetch(url)).status === 502, 'TLS to an endpoint that has none');
  });

  it('min_ttl, max_ttl', async () => {
    const services = [{ name: 'ttl', record: 'ttl.example.test', port }];
    server.names.set('ttl.example.test', { addresses: ['127.0.0.1'], ttl: 0 });
    dns({ min_ttl: '1h', max_ttl: '2h', services });
    await seen('ttl');
    const before = asked('ttl.example.test');
    server.names.set('ttl.example.test', { addresses: ['127.0.0.2'], ttl: 3_600 });
    dns({ min_ttl: '20ms', max_ttl: '50ms', services });
    await seen('ttl', (all) => all[0]?.address === `127.0.0.2:${port}`);
    await eventually(async () => asked('ttl.example.test') > before + 10, 'more questions');
    assert.equal(before, 2, 'A and AAAA, once');
  });
});

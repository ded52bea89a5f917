/** `discovery.kubernetes`, `discovery.eureka`, `discovery.mdns` and `farp.docs`, seen through a gateway that uses them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, it } from 'node:test';
import tls from 'node:tls';
import { MdnsResponder } from '../discovery/mdns-responder.ts';
import { EurekaServer } from '../fakes/eureka-server.ts';
import { KubernetesApi } from '../fakes/kubernetes-api.ts';
import { Authority } from '../support/certificates.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
const cleanups: (() => unknown)[] = [];

before(async () => {
  gateway = await startGateway({}, { workers: 1 });
});
after(async () => {
  await gateway?.stop();
  for (const clean of cleanups.reverse()) await clean();
});

/** Replaces the configuration of the running gateway. */
function use(discovery: object, farp: object = {}): void {
  gateway.writeConfig({
    farp: { enabled: true, push: { enabled: false }, ...farp },
    discovery: { expose: 'all', ...discovery },
  });
}

/** Names of all services with the addresses of their instances. */
async function services(): Promise<Record<string, string[]>> {
  const list = (await (await gateway.admin('/_/services')).json()) as { services: { name: string }[] };
  const found: Record<string, string[]> = {};
  for (const { name } of list.services) {
    const one = (await (await gateway.admin(`/_/services/${name}`)).json()) as {
      instance_list?: { address: string }[];
    };
    found[name] = (one.instance_list ?? []).map(({ address }) => address).toSorted();
  }
  return found;
}

const become = (expected: Record<string, string[]>) =>
  eventually(
    async () => {
      assert.deepEqual(await services(), expected);
      return true;
    },
    `services ${JSON.stringify(expected)}`,
  );

it('kubernetes: kubeconfig, context, namespace, namespaces, label_selector', async () => {
  const api = await new KubernetesApi().start();
  cleanups.push(() => api.stop());
  const add = (
    namespace: string,
    name: string,
    address: string,
    labels: Record<string, string> = {},
  ): void => {
    api.put('services', { metadata: { name, namespace, labels }, spec: { ipFamilies: ['IPv4'] } });
    api.put('endpointslices', {
      metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80 }],
      endpoints: [{ addresses: [address], targetRef: { name: `${name}-pod` } }],
    });
  };
  add('default', 'web', '10.0.0.1');
  add('shop', 'cart', '10.0.0.2', { part: 'octopus' });
  add('shop', 'other', '10.0.0.3');
  const clusters = [
    { name: 'right', cluster: { server: `http://127.0.0.1:${api.port}` } },
    { name: 'wrong', cluster: { server: 'http://127.0.0.1:1' } },
  ];
  const contexts = clusters.map(({ name }) => ({ name, context: { cluster: name } }));
  writeFileSync(
    path.join(gateway.folder, 'kube'),
    JSON.stringify({ 'current-context': 'wrong', clusters, contexts }),
  );
  const kubernetes = (settings: object) =>
    use({ backend: 'kubernetes', kubernetes: { kubeconfig: 'kube', context: 'right', ...settings } });
  kubernetes({});
  await become({ web: ['10.0.0.1:80'] });
  kubernetes({ namespace: 'shop' });
  await become({ cart: ['10.0.0.2:80'], other: ['10.0.0.3:80'] });
  kubernetes({ namespaces: ['default', 'shop'], label_selector: 'part=octopus' });
  await become({ 'cart.shop': ['10.0.0.2:80'] });
});

it('eureka: servers, address, username, password, poll_interval, tls', async (context) => {
  const server = await new EurekaServer().start();
  cleanups.push(() => server.stop());
  server.credentials = 'octopus:secret';
  const instance = {
    app: 'web',
    instanceId: 'one',
    hostName: 'localhost',
    ipAddr: '10.0.0.1',
    status: 'UP',
    port: 80,
    secure: false,
    metadata: {},
  };
  server.put(instance);
  const login = { username: 'octopus', password: 'secret' };
  const eureka = (settings: object) => use({ backend: 'eureka', eureka: { ...login, ...settings } });
  eureka({ servers: ['http://127.0.0.1:1/eureka', server.url], poll_interval: '100ms' });
  await become({ web: ['10.0.0.1:80'] });
  server.put({ ...instance, app: 'more' });
  await become({ more: ['10.0.0.1:80'], web: ['10.0.0.1:80'] });
  eureka({ servers: [server.url], address: 'hostname', poll_interval: '1h' });
  await become({ more: ['localhost:80'], web: ['localhost:80'] });
  server.remove('more', 'one');
  // Nobody looks for an hour.
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok('more' in (await services()));

  const authority = await Authority.create();
  if (authority === null) return context.skip('openssl is not installed');
  const front = await tlsFront(authority, server.port);
  const client = authority.issue('gateway');
  const files = { ca: authority.cert, cert: client.cert, key: client.key };
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(gateway.folder, `${name}.pem`), text);
  eureka({
    servers: [`https://127.0.0.1:${front}/eureka`],
    tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' },
    poll_interval: '100ms',
  });
  await become({ web: ['10.0.0.1:80'] });
});

/** Wants certificates of clients. */
async function tlsFront(authority: Authority, target: number): Promise<number> {
  const pem = authority.issue('eureka', { names: 'IP:127.0.0.1' });
  const options = { ...pem, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const server = tls.createServer(options, (near) => {
    const far = net.connect(target, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

it('mdns: service_types, interface, port, query_interval', async () => {
  const responder = await MdnsResponder.start();
  cleanups.push(() => responder.stop());
  const base = { host: '10.0.0.1', port: 80, txt: ['farp.enabled=true'] };
  await responder.announce(
    { ...base, name: 'one', type: '_farp._tcp' },
    { ...base, name: 'two', type: '_mine._tcp' },
  );
  const mdns = { interface: '127.0.0.1', port: responder.port, query_interval: '200ms' };
  use({ backend: 'mdns', mdns });
  await become({ one: ['10.0.0.1:80'] });
  use({ backend: 'mdns', mdns: { ...mdns, service_types: ['_mine._tcp'] } });
  await become({ two: ['10.0.0.1:80'] });
  // Only questions keep a record of one second alive.
  await responder.announce({ ...base, name: 'two', type: '_mine._tcp', ttl: 1 });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await become({ two: ['10.0.0.1:80'] });
});

it('farp.docs: title, description, version, public_url', async () => {
  const docs = { title: 'T', description: 'D', version: '9.8.7', public_url: 'https://api.example.com' };
  use({}, { docs });
  await eventually(async () => {
    const document = (await (await gateway.admin('/_/openapi.json')).json()) as Record<string, unknown>;
    assert.deepEqual(document['info'], { title: 'T', description: 'D', version: '9.8.7' });
    assert.deepEqual(document['servers'], [{ url: 'https://api.example.com' }]);
    return true;
  }, 'the document');
});

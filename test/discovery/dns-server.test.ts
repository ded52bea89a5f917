import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { z } from 'zod';
import { dnsSettings } from '../../src/config/schema/discovery-dns.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import { DnsServer } from '../support/dns-server.ts';
import { reservePort } from '../support/ports.ts';
import { findProgram, Running } from '../support/programs.ts';
import { RecordingSink } from './recording-sink.ts';

const RECORD = '_orders._tcp.example.test';
const service = { name: 'orders', record: RECORD };
const cleanups: (() => unknown)[] = [];
let server: DnsServer;

beforeEach(async () => {
  server = new DnsServer();
  await server.start();
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
  server.stop();
});

function watch(settings: z.input<typeof dnsSettings>): RecordingSink {
  const sink = new RecordingSink();
  const all = dnsSettings.parse({ servers: [server.address], min_ttl: '50ms', ...settings });
  const provider = createProvider('dns', all, { firstRetry: 20, longestRetry: 200 });
  cleanups.push(() => provider.close());
  provider.start(sink);
  return sink;
}

const host = (name: string, ...addresses: string[]) => server.names.set(name, { addresses, ttl: 60 });

describe('DNS', () => {
  it('weights are shares of the largest; targets of later priorities wait for their turn', async () => {
    host('a.example.test', '10.0.0.1');
    host('b.example.test', '10.0.0.2', '2001:db8::2');
    host('c.example.test', '10.0.0.3');
    const srv = [
      { target: 'a.example.test', port: 80, priority: 5, weight: 60 },
      { target: 'B.example.test', port: 81, priority: 5, weight: 0 },
      { target: 'c.example.test', port: 82, priority: 9, weight: 500 },
    ];
    server.names.set(RECORD, { addresses: [], ttl: 0, srv });
    const sink = watch({ services: [{ ...service, metadata: { 'farp.enabled': 'true' } }] });
    await sink.until(() => sink.list !== null, 'the list');
    const seen = sink.list?.map(({ id, weight }) => `${id} ${weight}`);
    assert.deepEqual(seen, ['10.0.0.1:80 100', '10.0.0.2:81 1', '10.0.0.3:82 0']);
    assert.deepEqual(sink.list?.[2]?.metadata, {
      'dns.target': 'c.example.test',
      'dns.priority': '9',
      'dns.weight': '500',
      'farp.enabled': 'true',
    });
    server.names.set(RECORD, { addresses: [], ttl: 0, srv: srv.slice(2) });
    await sink.until(() => sink.list?.length === 1 && sink.list[0]?.weight === 100, 'the turn of the third');
    server.names.set(RECORD, { addresses: [], ttl: 0, srv: [{ target: '.', port: 0 }] });
    await sink.until(() => sink.list?.length === 0, '"decidedly not there"');
    assert.deepEqual(sink.refusals, []);
  });

  it('addresses with the port of the settings, also over IPv6 and TLS', async () => {
    host('orders.example.test', '10.0.0.2', '10.0.0.1');
    host('six.example.test', '2001:db8::1');
    const sink = watch({
      services: [
        { name: 'orders', record: 'orders.example.test', port: 8080 },
        { name: 'six', record: 'six.example.test', port: 8443, tls: true },
      ],
    });
    await sink.until(() => sink.list?.length === 3, 'the list');
    assert.deepEqual(
      sink.of('orders').map(({ id }) => id),
      ['10.0.0.1:8080', '10.0.0.2:8080'],
    );
    const [six] = sink.of('six');
    assert.deepEqual([six?.id, six?.host, six?.tls], ['[2001:db8::1]:8443', '2001:db8::1', true]);
  });

  it('asks again when the time to live is over, and not before', async () => {
    host('orders.example.test', '10.0.0.1');
    server.names.set('orders.example.test', { addresses: ['10.0.0.1'], ttl: 1 });
    const sink = watch({ services: [{ name: 'orders', record: 'orders.example.test', port: 80 }] });
    await sink.until(() => sink.list?.length === 1, 'the list');
    const startedAt = performance.now();
    server.names.set('orders.example.test', { addresses: ['10.0.0.9'], ttl: 1 });
    await sink.until(() => sink.list?.[0]?.host === '10.0.0.9', 'the change');
    const took = performance.now() - startedAt;
    assert.ok(took > 500, `after ${took} ms`);
    assert.ok(server.questions.length <= 6, server.questions.join(', '));
  });

  it('max_ttl bounds the time to live', async () => {
    host('orders.example.test', '10.0.0.1');
    const one = { name: 'orders', record: 'orders.example.test', port: 80 };
    const sink = watch({ max_ttl: '100ms', services: [one] });
    await sink.until(() => sink.list?.length === 1, 'the list');
    host('orders.example.test', '10.0.0.9');
    await sink.until(() => sink.list?.[0]?.host === '10.0.0.9', 'the change');
  });

  it('answers too long for UDP come over TCP', async () => {
    await server.startTcp();
    server.truncates = true;
    const addresses = Array.from({ length: 200 }, (_, n) => `10.0.1.${n}`);
    host('orders.example.test', ...addresses);
    const sink = watch({ services: [{ name: 'orders', record: 'orders.example.test', port: 80 }] });
    await sink.until(() => sink.list?.length === 200, 'the list');
  });

  it('the next server is asked when one does not answer, fails, or answers another question', async () => {
    host('orders.example.test', '10.0.0.1');
    const forger = createSocket('udp4');
    forger.on('message', (message, from) => {
      const answer = Buffer.from(message);
      answer.writeUInt16BE((message.readUInt16BE(0) + 1) & 0xffff, 0);
      answer.writeUInt16BE(0x8180, 2);
      forger.send(answer, from.port, from.address);
      forger.send('not DNS at all', from.port, from.address);
    });
    forger.bind(0, '127.0.0.1');
    await once(forger, 'listening');
    cleanups.push(() => forger.close());
    const failing = new DnsServer();
    await failing.start();
    cleanups.push(() => failing.stop());
    failing.behaviour = 'refused';
    const sink = watch({
      servers: ['127.0.0.1:1', failing.address, `127.0.0.1:${forger.address().port}`, server.address],
      services: [{ name: 'orders', record: 'orders.example.test', port: 80 }],
    });
    await sink.until(() => sink.list?.length === 1, 'the list');
    assert.deepEqual(sink.failures, []);
  });

  it('one name that cannot be looked up is told, and hurts no other', async () => {
    host('good.example.test', '10.0.0.1');
    server.failing.add('bad.example.test');
    const port = 80;
    const sink = watch({
      services: [
        { name: 'good', record: 'good.example.test', port },
        { name: 'bad', record: 'bad.example.test', port },
      ],
    });
    await sink.until(() => sink.list?.length === 1, 'the good one');
    assert.ok(sink.stale);
    assert.match(sink.failures[0]!, /^bad\.example\.test: name server 127\.0\.0\.1:\d+ answers SERVFAIL$/);
    server.failing.clear();
    server.names.set('bad.example.test', { addresses: ['10.0.0.2'], ttl: 0 });
    await sink.until(() => sink.list?.length === 2 && !sink.stale, 'both');
    server.failing.add('bad.example.test');
    await sink.until(() => sink.stale, 'the failure');
    assert.equal(sink.list?.length, 2, 'the last answer stays');
  });

  it('dnsmasq: SRV with its hosts in the same answer, and a change', async (context) => {
    const dnsmasq = await findProgram('dnsmasq');
    if ('missing' in dnsmasq) return context.skip(dnsmasq.missing);
    const { port, release } = await reservePort();
    cleanups.push(release);
    const run = async (...records: string[]): Promise<Running> => {
      const program = new Running(dnsmasq.path, [
        ...['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--user=root'],
        ...[`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--local-ttl=1'],
        '--host-record=one.example.test,10.0.0.1',
        '--host-record=two.example.test,10.0.0.2,2001:db8::2',
        ...records,
      ]);
      cleanups.push(() => program.stop());
      return program;
    };
    const one = `--srv-host=${RECORD},one.example.test,8081,1,10`;
    const two = `--srv-host=${RECORD},two.example.test,8082,1,20`;
    const first = await run(one);
    const sink = watch({ servers: [`127.0.0.1:${port}`], services: [service] });
    await sink.until(() => sink.list?.length === 1, `dnsmasq to answer: ${first.output}`);
    assert.equal(sink.list?.[0]?.id, '10.0.0.1:8081');
    await first.stop();
    await run(one, two);
    await sink.until(() => sink.list?.length === 2, 'the second instance');
    assert.deepEqual(
      sink.list?.map(({ id, weight }) => `${id} ${weight}`),
      ['10.0.0.1:8081 50', '10.0.0.2:8082 100'],
    );
  });
});

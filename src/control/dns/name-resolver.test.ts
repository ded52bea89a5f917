import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DnsServer } from '../../../test/support/dns-server.ts';
import { reservePort } from '../../../test/support/ports.ts';
import { findProgram, Running } from '../../../test/support/programs.ts';
import type { AddressBook } from '../../shared/messages.ts';
import type { ControlLog } from '../log.ts';
import { NameResolver, type ResolverSettings } from './name-resolver.ts';

const HOUR = 3_600_000;
const NAME = 'users.example.test';

const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-dns-'));
const hostsFile = path.join(folder, 'hosts');
let server: DnsServer;
let resolver: NameResolver | null = null;
let changes: AddressBook[] = [];
let messages: string[] = [];
let systemQuestions: string[] = [];
/** What getaddrinfo would find. */
const systemNames = new Map<string, string>();

function start(
  settings: Partial<ResolverSettings> = {},
  isForbidden?: (address: string) => boolean,
): NameResolver {
  const record = (message: string) => void messages.push(message);
  const log: ControlLog = { debug: record, info: record, warn: record, error: record };
  resolver = new NameResolver({
    servers: [server.address],
    minTtl: 100,
    maxTtl: HOUR,
    hostsFile,
    systemLookup: async (name) => {
      systemQuestions.push(name);
      const address = systemNames.get(name);
      if (address === undefined) throw Object.assign(new Error(), { code: 'ENOTFOUND' });
      return [{ address }];
    },
    ...settings,
    ...(isForbidden && { isForbidden }),
    log,
    onChange: (book) => changes.push(book),
  });
  return resolver;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `timed out: ${what}`);
    await wait(10);
  }
}

const asked = (name = NAME) => server.questions.filter((question) => question === `${name} 1`).length;

beforeEach(async () => {
  writeFileSync(hostsFile, '');
  changes = [];
  messages = [];
  systemQuestions = [];
  systemNames.clear();
  server = new DnsServer();
  await server.start();
});

afterEach(() => {
  resolver?.stop();
  server.stop();
});

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

describe('name resolver', () => {
  it('resolves all names, and leaves IP addresses alone', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1', '10.0.0.2'], ttl: 60 });
    server.names.set('six.example.test', { addresses: ['2001:db8::5'], ttl: 60 });
    const names = start();
    const book = await names.resolveAll([NAME, 'six.example.test', '10.9.9.9', '[::1]', '::1'], 2_000);
    assert.deepEqual(book, { [NAME]: ['10.0.0.1', '10.0.0.2'], 'six.example.test': ['2001:db8::5'] });
    assert.deepEqual(names.addressesOf('10.9.9.9'), ['10.9.9.9']);
    assert.deepEqual(names.addressesOf('[::1]'), ['::1']);
    assert.deepEqual(names.addressesOf(NAME), ['10.0.0.1', '10.0.0.2']);
  });

  it('withholds what a name chosen by others must not mean, as long as it is one', async () => {
    const addresses = ['169.254.169.254', '10.0.0.1'];
    for (const name of [NAME, 'own.example.test']) server.names.set(name, { addresses, ttl: 60 });
    const names = start({}, (address) => address.startsWith('169.254.'));
    names.guard(new Set([NAME]));
    const book = await names.resolveAll([NAME, 'own.example.test'], 2_000);
    assert.deepEqual(book, { [NAME]: ['10.0.0.1'], 'own.example.test': addresses });
    assert.deepEqual(names.addressesOf(NAME), ['10.0.0.1']);
    names.guard(new Set());
    assert.deepEqual(names.addresses()[NAME], addresses);
  });

  it('asks again when the TTL is over, not before, and tells the change', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 1 });
    await start().resolveAll([NAME], 2_000);
    server.names.set(NAME, { addresses: ['10.0.0.7'], ttl: 1 });
    await wait(600);
    assert.equal(asked(), 1);
    await until(() => changes.length === 2, 'the change');
    assert.deepEqual(changes, [{ [NAME]: ['10.0.0.1'] }, { [NAME]: ['10.0.0.7'] }]);
    assert.match(messages.join(), /users\.example\.test has moved/);
  });

  it('asks at the latest after max_ttl', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 3_600 });
    await start({ maxTtl: 200 }).resolveAll([NAME], 2_000);
    server.names.set(NAME, { addresses: ['10.0.0.7'], ttl: 3_600 });
    await until(() => changes.length === 2, 'the change');
  });

  it('does not ask more often than min_ttl', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 0 });
    await start({ minTtl: 300 }).resolveAll([NAME], 2_000);
    await wait(1_000);
    assert.ok(asked() >= 3 && asked() <= 4, `asked ${asked()} times in 1 s`);
  });

  it('another order of the same addresses is no change', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1', '10.0.0.2'], ttl: 0 });
    await start().resolveAll([NAME], 2_000);
    server.names.set(NAME, { addresses: ['10.0.0.2', '10.0.0.1'], ttl: 0 });
    await until(() => asked() >= 3, 'two more questions');
    assert.equal(changes.length, 1);
  });

  for (const behaviour of ['servfail', 'refused', 'silent'] as const) {
    it(`keeps the last good answer while the server is ${behaviour}, and recovers`, async () => {
      server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 0 });
      const names = start();
      await names.resolveAll([NAME], 2_000);
      server.behaviour = behaviour;
      const before = asked();
      await until(() => asked() > before, 'a question');
      if (behaviour !== 'silent') await until(() => names.errorOf(NAME) !== '', 'the failure');
      assert.deepEqual(names.addressesOf(NAME), ['10.0.0.1']);
      server.behaviour = 'answer';
      server.names.set(NAME, { addresses: ['10.0.0.9'], ttl: 0 });
      await until(() => names.addressesOf(NAME)[0] === '10.0.0.9', 'the new address');
      assert.equal(names.errorOf(NAME), '');
    });
  }

  it('waits longer after each failure, and says it once', async () => {
    server.behaviour = 'servfail';
    const names = start();
    await names.resolveAll([NAME], 2_000);
    assert.equal(names.errorOf(NAME), 'the name server failed');
    const perAttempt = asked();
    await wait(1_400);
    assert.ok(asked() <= 3 * perAttempt, `${asked() / perAttempt} attempts in 1.4 s`);
    assert.ok(asked() > perAttempt, 'it tries again');
    assert.deepEqual(messages, [`cannot resolve ${NAME}: the name server failed`]);
  });

  it('a start does not wait longer than told for a silent server', async () => {
    server.behaviour = 'silent';
    const before = Date.now();
    const book = await start().resolveAll([NAME], 200);
    assert.ok(Date.now() - before < 1_000);
    assert.deepEqual(book, {});
    server.behaviour = 'answer';
    server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 60 });
    await until(() => changes.length === 1, 'the answer in the background');
  });

  it('a name that no server knows gives no address and the reason', async () => {
    const names = start();
    assert.deepEqual(await names.resolveAll(['missing.example.test'], 2_000), {});
    assert.equal(names.errorOf('missing.example.test'), 'no such name');
    assert.deepEqual(systemQuestions, ['missing.example.test']);
  });

  it('asks the system for a name that the servers do not know, but not when they fail', async () => {
    systemNames.set('short.search.test', '10.7.0.1');
    const names = start();
    await names.resolveAll(['short.search.test'], 2_000);
    assert.deepEqual(names.addressesOf('short.search.test'), ['10.7.0.1']);
    server.behaviour = 'servfail';
    systemNames.set(NAME, '10.7.0.2');
    await names.resolveAll([NAME], 2_000);
    assert.deepEqual(names.addressesOf(NAME), []);
  });

  it('without configured servers a single label is for the system, which knows the search domains', async () => {
    systemNames.set('users', '10.7.0.3');
    const names = start({ servers: [] });
    await names.resolveAll(['users'], 2_000);
    assert.deepEqual(names.addressesOf('users'), ['10.7.0.3']);
  });

  it('the hosts file goes before DNS and is read again when it changes', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 60 });
    writeFileSync(
      hostsFile,
      `# users.example.test\n10.1.1.1\tother Users.Example.test # comment\nbad line\n`,
    );
    const names = start({ maxTtl: 200 });
    await names.resolveAll([NAME], 2_000);
    assert.deepEqual(names.addressesOf(NAME), ['10.1.1.1']);
    assert.equal(asked(), 0);
    writeFileSync(hostsFile, `10.1.1.22 ${NAME}\n`);
    await until(() => names.addressesOf(NAME)[0] === '10.1.1.22', 'the new address');
  });

  it('localhost is this machine, whatever the name server says', async () => {
    server.names.set('localhost', { addresses: ['10.6.6.6'], ttl: 60 });
    const names = start();
    await names.resolveAll(['localhost', 'app.localhost'], 2_000);
    assert.deepEqual(names.addressesOf('localhost'), ['127.0.0.1']);
    assert.deepEqual(names.addressesOf('app.localhost'), ['127.0.0.1']);
  });

  it('a single label is asked of the configured servers', async () => {
    server.names.set('users', { addresses: ['10.0.0.4'], ttl: 60 });
    const names = start();
    await names.resolveAll(['users'], 2_000);
    assert.deepEqual(names.addressesOf('users'), ['10.0.0.4']);
  });

  it('forgets names that are not retained', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 0 });
    server.names.set('gone.example.test', { addresses: ['10.0.0.2'], ttl: 0 });
    const names = start();
    await names.resolveAll([NAME, 'gone.example.test'], 2_000);
    names.retain([NAME]);
    assert.deepEqual(names.addresses(), { [NAME]: ['10.0.0.1'] });
    await wait(50);
    const before = asked('gone.example.test');
    await wait(400);
    assert.equal(asked('gone.example.test'), before);
  });

  it('other servers are asked at once', async () => {
    server.names.set(NAME, { addresses: ['10.0.0.1'], ttl: 3_600 });
    const names = start();
    await names.resolveAll([NAME], 2_000);
    const other = new DnsServer();
    await other.start();
    other.names.set(NAME, { addresses: ['10.0.0.50'], ttl: 3_600 });
    names.configure({ servers: [other.address], minTtl: 100, maxTtl: HOUR });
    await until(() => names.addressesOf(NAME)[0] === '10.0.0.50', 'the answer of the other server');
    other.stop();
  });

  it('1,000 names are resolved', async () => {
    const all = Array.from({ length: 1_000 }, (_, i) => `n${i}.example.test`);
    for (const [i, name] of all.entries()) {
      server.names.set(name, { addresses: [`10.1.${i >> 8}.${i & 255}`], ttl: 60 });
    }
    const book = await start().resolveAll(all, 20_000);
    assert.equal(Object.keys(book).length, 1_000);
    await wait(20);
    assert.ok(changes.length < 500, `${changes.length} changes: those of one moment are told together`);
  });
});

describe('name resolver with dnsmasq', async () => {
  const program = await findProgram('dnsmasq');
  const skip = 'missing' in program ? program.missing : false;

  it('follows a name that moves', { skip }, async () => {
    const { port, release } = await reservePort();
    const records = path.join(folder, 'dnsmasq-hosts');
    writeFileSync(records, `10.3.0.1 ${NAME}\n`);
    const options = [
      '--no-daemon',
      '--no-resolv',
      '--no-hosts',
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
    ];
    const settings = [
      `--port=${port}`,
      `--addn-hosts=${records}`,
      '--local-ttl=1',
      '--local=/test/',
      '--user=',
    ];
    const dnsmasq = new Running((program as { path: string }).path, [...options, ...settings]);
    try {
      await until(() => /started/.test(dnsmasq.output), `dnsmasq: ${dnsmasq.output}`);
      const names = start({ servers: [`127.0.0.1:${port}`] });
      const book = await names.resolveAll([NAME, 'nobody.test'], 5_000);
      assert.deepEqual(book, { [NAME]: ['10.3.0.1'] });
      writeFileSync(records, `10.3.0.2 ${NAME}\n10.3.0.3 ${NAME}\n`);
      dnsmasq.child.kill('SIGHUP');
      await until(() => names.addressesOf(NAME).length === 2, 'both new addresses');
      assert.deepEqual([...names.addressesOf(NAME)].sort(), ['10.3.0.2', '10.3.0.3']);
    } finally {
      await dnsmasq.stop();
      release();
    }
  });
});

/** The one path by which a configuration comes into force, from its four triggers. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';

/** Refuses to be set up in the second worker: only two phases keep the first one from going ahead alone. */
const PICKY = `
import { threadId, workerData } from 'node:worker_threads';
export const plugin = {
  name: 'picky',
  version: '1.2.3',
  setup() {
    if (workerData.workerIndex === 1) throw new Error('worker 1 has no licence');
    return {};
  },
};
`;

const EASY = `
export const plugin = { name: 'easy', version: '4.5.6', setup: () => ({}) };
`;

interface Reply {
  readonly status: number;
  readonly body: { readonly ok?: boolean; readonly version?: number; readonly problems?: readonly string[] };
}

function answering(body: string): GatewayConfig {
  return { routes: [{ path: '/', respond: { body } }] };
}

describe('reload', () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await startGateway(answering('first'), { files: { 'picky.mjs': PICKY, 'easy.mjs': EASY } });
  });
  after(() => gateway?.stop());

  async function post(): Promise<Reply> {
    const response = await gateway.admin('/_/reload', { method: 'POST' });
    return { status: response.status, body: (await response.json()) as Reply['body'] };
  }

  /** The body of `/`, which must be the same from every worker. */
  async function served(): Promise<string> {
    const bodies = new Set<string>();
    // Enough connections that the kernel gives some to each worker.
    for (let request = 0; request < 20; request++) {
      const response = await fetch(`http://127.0.0.1:${gateway.port}/`, { headers: { connection: 'close' } });
      bodies.add(await response.text());
    }
    return [...bodies].join(' and ');
  }

  async function health(): Promise<{
    status: string;
    config: { version: number };
    last_reload: { ok: boolean; problems: string[] } | null;
  }> {
    return (await (await gateway.admin('/_/health')).json()) as Awaited<ReturnType<typeof health>>;
  }

  it('a saved file is applied by itself', async () => {
    gateway.writeConfig(answering('by file'));
    await eventually(async () => (await served()) === 'by file', 'the new answer');
    await gateway.logLine(
      (line) => line['message'] === 'configuration applied' && line['trigger'] === 'file',
      'applied by file',
    );
  });

  it('a file that is written slowly in place is applied once, when it is whole, and never reported as broken', async () => {
    const before = (await health()).config.version;
    const text = JSON.stringify({
      server: { host: '127.0.0.1', http_port: gateway.port, admin_port: gateway.adminPort, workers: 2 },
      ...answering('slowly'),
    });
    writeFileSync(gateway.configFile, '');
    // Without the event loop, whose other work could make a pause longer than the gateway waits.
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let at = 0; at < text.length; at += Math.ceil(text.length / 8)) {
      appendFileSync(gateway.configFile, text.slice(at, at + Math.ceil(text.length / 8)));
      Atomics.wait(pause, 0, 0, 25);
    }
    await eventually(async () => (await served()) === 'slowly', 'the new answer');
    assert.equal((await health()).config.version, before + 1);
    assert.equal((await gateway.metrics()).sum('octopus_config_reloads_total', { result: 'refused' }), 0);
  });

  it('SIGHUP applies it too', async () => {
    // Polling and events would apply it as well: what the log names as trigger shows who was faster.
    gateway.writeConfig(answering('by signal'));
    gateway.child.kill('SIGHUP');
    await eventually(async () => (await served()) === 'by signal', 'the new answer');
    await gateway.logLine((line) => /signal/.test(String(line['trigger'])), 'a reload by signal');
  });

  it('POST /_/reload answers when all workers serve it', async () => {
    gateway.writeConfig(answering('by admin'));
    const { status, body } = await post();
    assert.equal(status, 200);
    assert.equal(body.ok, true);
    assert.equal(await served(), 'by admin');
  });

  it('the same content is no reload', async () => {
    const first = await post();
    const again = await post();
    assert.deepEqual(again, first);
    assert.ok((await gateway.metrics()).sum('octopus_config_reloads_total', { result: 'unchanged' }) >= 2);
  });

  it('a broken file is refused whole, with every reason in answer, log, health and metric', async () => {
    const before = await health();
    const refused = (await gateway.metrics()).sum('octopus_config_reloads_total', { result: 'refused' });
    gateway.writeConfig({
      routes: [
        { path: '/', upstream: 'nowhere' },
        { path: '/b', respnd: {} },
      ],
    });
    const { status, body } = await post();
    assert.equal(status, 422);
    assert.equal(body.ok, false);
    assert.ok(body.problems?.some((problem) => /octopus\.yaml:\d+:\d+: .*nowhere/.test(problem)));
    assert.ok(body.problems?.some((problem) => /respnd.*respond/.test(problem)));
    assert.equal(await served(), 'by admin');
    const after = await health();
    assert.equal(after.status, 'degraded');
    assert.equal(after.config.version, before.config.version);
    assert.deepEqual(after.last_reload?.problems, body.problems);
    assert.ok((await gateway.metrics()).sum('octopus_config_reloads_total', { result: 'refused' }) > refused);
    await gateway.logLine((line) => /configuration refused/.test(String(line['message'])), 'refused');
    gateway.writeConfig(answering('mended'));
    assert.equal((await post()).status, 200);
    assert.equal((await health()).status, 'ok');
  });

  it('a plugin that fails in one worker leaves all workers on the old generation', async () => {
    gateway.writeConfig({
      plugins: [{ name: 'picky', path: './picky.mjs' }],
      routes: [{ path: '/', middleware: ['picky'], respond: { body: 'half' } }],
    });
    const { status, body } = await post();
    assert.equal(status, 422, JSON.stringify(body));
    assert.match(body.problems?.join() ?? '', /worker 1 has no licence/);
    assert.equal(await served(), 'mended');
    const metrics = await gateway.metrics();
    assert.equal(metrics.sum('octopus_worker_restarts_total'), 0);
    assert.equal(metrics.sum('octopus_plugin_loaded', { plugin: 'picky' }), 0);
  });

  it('loaded plugins are shown, and a changed plugin file is a changed configuration', async () => {
    gateway.writeConfig({
      plugins: [{ name: 'easy', path: './easy.mjs' }],
      routes: [{ path: '/', middleware: ['easy'], respond: { body: 'easy' } }],
    });
    assert.equal((await post()).status, 200);
    const loaded = async (version: string) =>
      (await gateway.metrics()).sum('octopus_plugin_loaded', { plugin: 'easy', version });
    assert.equal(await loaded('4.5.6'), 1);
    writeFileSync(path.join(gateway.folder, 'easy.mjs'), EASY.replace('4.5.6', '5.0.0'));
    await eventually(async () => (await loaded('5.0.0')) === 1, 'the new plugin');
    assert.equal(await loaded('4.5.6'), 0);
  });

  it('settings that need a restart are named and change nothing', async () => {
    gateway.writeConfig({ ...answering('same port'), server: { http_port: 1 } });
    assert.equal((await post()).status, 200);
    assert.equal(await served(), 'same port');
    const line = await gateway.logLine(
      (entry) => /server\.http_port changed/.test(String(entry['message'])),
      'the warning',
    );
    assert.equal(line['level'], 'warn');
  });

  it('the log level follows the configuration', async () => {
    gateway.writeConfig({ ...answering('quiet'), observability: { logging: { level: 'error' } } });
    assert.equal((await post()).status, 200);
    gateway.writeConfig({ ...answering('quiet too'), observability: { logging: { level: 'error' } } });
    const before = gateway.log.length;
    assert.equal((await post()).status, 200);
    await served();
    await gateway.logLine((line) => line['path'] === '/', 'an access line');
    assert.doesNotMatch(gateway.log.slice(before), /configuration applied/);
  });

  it('many requests for a reload at once are answered by few', async () => {
    const before = (await health()).config.version;
    gateway.writeConfig(answering('storm'));
    const replies = await Promise.all(Array.from({ length: 20 }, () => post()));
    assert.ok(replies.every(({ status }) => status === 200));
    assert.equal((await health()).config.version, before + 1);
    assert.equal(await served(), 'storm');
  });
});

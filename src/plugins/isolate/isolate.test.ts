import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { GatewayError } from '../../http/errors.ts';
import type { PluginInstance } from '../../routing/model.ts';
import { limitBytes } from '../../shared/limit-cells.ts';
import { MemoryLimitStore } from '../../state/memory-limit-store.ts';
import type { PluginExchange, PluginHooks, PluginReply } from '../api.ts';
import type { PluginHost } from '../instantiate.ts';
import { PluginLoadError } from '../load-error.ts';
import { type LoadedPlugin, loadPlugins, type PluginSet } from '../loader.ts';
import { makeExchange, makeHeaders, makeResponse } from '../testing.ts';

class TestHost implements PluginHost {
  readonly limits = new MemoryLimitStore(new SharedArrayBuffer(limitBytes(64)));
  readonly logged: string[] = [];
  readonly counted: string[] = [];
  log(level: string, message: string, fields: object = {}): void {
    this.logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  }
  count(plugin: string, event: string): void {
    this.counted.push(`${plugin} ${event}`);
  }
}

const OUTCOME = { status: 200, durationMs: 1, error: '', bytesSent: 0 };
let folder = '';
let modules = 0;
const sets: PluginSet[] = [];
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'octopus-isolate-'));
});
afterEach(() => {
  for (const set of sets.splice(0)) set.release();
});
after(() => rm(folder, { recursive: true }));

/** @param setup body of the plugin's `setup(config, context)` */
async function isolated(
  setup: string,
  { host = new TestHost(), timeout = 4_000, fields = '', top = '' } = {},
): Promise<LoadedPlugin> {
  const module = path.join(folder, `plugin-${++modules}.mjs`);
  await writeFile(
    module,
    `${top}\nexport const plugin = { name: 'p', version: '3.0.0', ${fields} setup(config, context) { ${setup} } };`,
  );
  const instance: PluginInstance = {
    id: `p@${modules}`,
    name: 'p',
    module,
    config: {},
    isolate: true,
    isolateTimeout: timeout,
    unavailable: '',
  };
  const set = await loadPlugins([instance], null, host);
  sets.push(set);
  const loaded = set.get(instance.id);
  assert.ok(loaded);
  return loaded;
}

const bodyOf = async (hooks: PluginHooks, exchange = makeExchange()): Promise<unknown> =>
  ((await hooks.onRequest?.(exchange)) as PluginReply | undefined)?.body;

const ask = (hooks: PluginHooks, target: string): Promise<unknown> =>
  Promise.resolve(hooks.onRequest?.(makeExchange({ target })));

describe('an isolated plugin', () => {
  it('runs in another thread and shows what it is', async () => {
    const { definition, hooks, version } = await isolated(
      `return { onRequest: () => ({ status: 200, body: String(threadId) }) };`,
      {
        top: `import { threadId } from 'node:worker_threads';`,
        fields: `ownsHeaders: ['X-A'], preflight: true, wholeBody: { response: 10 },`,
      },
    );
    assert.equal(version, '3.0.0');
    assert.deepEqual(definition.ownsHeaders, ['X-A']);
    assert.equal(definition.preflight, true);
    assert.deepEqual(definition.wholeBody, { response: 10 });
    assert.ok(Number(await bodyOf(hooks)) > 0);
    assert.deepEqual(Object.keys(hooks).sort(), ['onEnd', 'onRequest']);
  });

  it('sees the exchange, and its edits are applied', async () => {
    const { hooks } = await isolated(`return {
      onRequest(exchange) {
        const { request, route } = exchange;
        request.headers.set('X-Seen', [request.method, request.path, request.clientIp, route.params.id, request.headers.get('cookie')].join(' '));
        request.headers.append('X-List', 'b');
        request.headers.delete('Cookie');
        exchange.requestId = 'changed';
      },
      async onUpstreamRequest(exchange, headers) { await null; headers.set('X-Up', exchange.requestId); },
      onResponse(exchange, response) {
        response.headers.set('X-Down', response.headers.get('Server') + exchange.request.headers.get('X-List'));
        response.headers.delete('Server');
        response.status = 201;
      },
    };`);
    const exchange = makeExchange({
      method: 'PUT',
      path: '/users/7',
      params: { id: '7' },
      headers: { Cookie: 'a=b', 'X-List': 'a' },
    });
    assert.equal(await hooks.onRequest?.(exchange), undefined);
    const { headers } = exchange.request;
    assert.equal(headers.get('X-Seen'), 'PUT /users/7 203.0.113.7 7 a=b');
    assert.deepEqual(headers.getAll('X-List'), ['a', 'b']);
    assert.equal(headers.has('Cookie'), false);
    assert.equal(exchange.requestId, 'changed');

    const upstream = makeHeaders();
    await hooks.onUpstreamRequest?.(exchange, upstream);
    assert.equal(upstream.get('X-Up'), 'changed');

    const response = makeResponse({ Server: 'nginx' });
    assert.equal(await hooks.onResponse?.(exchange, response), undefined);
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('X-Down'), 'nginxa');
    assert.equal(response.headers.has('Server'), false);
  });

  it('keeps what it leaves in locals until the end, and hears of the end', async () => {
    const host = new TestHost();
    const { hooks } = await isolated(
      `return {
        onRequest(exchange) { exchange.locals.set('n', 41); },
        onResponse(exchange) { return { status: 200, body: String(exchange.locals.get('n') + 1) }; },
        onEnd(exchange, outcome) { context.count('ended ' + outcome.status + ' ' + exchange.locals.get('n')); },
      };`,
      { host },
    );
    const exchange = makeExchange();
    await hooks.onRequest?.(exchange);
    const reply = (await hooks.onResponse?.(exchange, makeResponse())) as PluginReply;
    assert.equal(reply.body, '42');
    hooks.onEnd?.(exchange, OUTCOME);
    await hooks.onRequest?.(makeExchange());
    assert.deepEqual(host.counted, ['p ended 200 41']);
  });

  it('changes bodies piece by piece', async () => {
    const { hooks } = await isolated(`return {
      onRequestBody(exchange, chunk, last) { return Buffer.from(Buffer.from(chunk).toString().toUpperCase() + (last ? '!' : '')); },
      onResponseBody() {},
    };`);
    const exchange = makeExchange();
    const pooled = Buffer.from('hello');
    assert.equal(
      Buffer.from((await hooks.onRequestBody?.(exchange, pooled, false)) ?? []).toString(),
      'HELLO',
    );
    assert.equal(pooled.toString(), 'hello', 'the piece itself stays');
    assert.equal(
      Buffer.from((await hooks.onRequestBody?.(exchange, Buffer.alloc(0), true)) ?? []).toString(),
      '!',
    );
    assert.equal(await hooks.onResponseBody?.(exchange, Buffer.from('x'), true), undefined);
  });

  it('shares limits with all threads, logs and counts', async () => {
    const host = new TestHost();
    const { hooks } = await isolated(
      `context.log('info', 'up', { n: 1 });
      return { async onRequest() {
        context.count('asked');
        const { allowed } = await context.limits.tokenBucket('k', 2, 0.001);
        return { status: 200, body: String(allowed) };
      } };`,
      { host },
    );
    host.limits.tokenBucket('k', 2, 0.001);
    assert.equal(await bodyOf(hooks), 'true');
    assert.equal(await bodyOf(hooks), 'false');
    assert.deepEqual(host.counted, ['p asked', 'p asked']);
    assert.deepEqual(host.logged, ['info up {"n":1,"plugin":"p"}']);
  });

  it('fails a request whose hook throws, and no other', async () => {
    const { hooks } = await isolated(`return { onRequest({ request }) {
      if (request.target === '/throw') throw new Error('oops');
      if (request.target === '/reject') return Promise.reject(new Error('later'));
      if (request.target === '/inject') request.headers.set('X', 'a\\r\\nb');
      if (request.target === '/uncloneable') return { status: 200, headers: { a: () => 1 } };
    } };`);
    await assert.rejects(ask(hooks, '/throw'), /oops/);
    await assert.rejects(ask(hooks, '/reject'), /later/);
    await assert.rejects(ask(hooks, '/inject'), /illegal value/);
    await assert.rejects(ask(hooks, '/uncloneable'), /cloned/);
    assert.equal(await ask(hooks, '/'), undefined);
  });
});

describe('an isolated plugin that takes too long', () => {
  const isTimeout = (error: unknown): boolean =>
    error instanceof GatewayError && error.code === 'plugin_timeout';

  it('in a loop: its request times out, its thread is replaced, waiting requests go on', async () => {
    const host = new TestHost();
    const { hooks } = await isolated(
      `return { onRequest({ request }) { while (request.target === '/loop'); return { status: 200, body: request.target }; } };`,
      { host, timeout: 300 },
    );
    const [stuck, ...waiting] = await Promise.allSettled(
      ['/loop', '/a', '/b'].map((target) => ask(hooks, target)),
    );
    assert.ok(stuck?.status === 'rejected' && isTimeout(stuck.reason));
    for (const [i, result] of waiting.entries()) {
      // Those behind it time out or were answered by the next thread, but they are never lost.
      if (result.status === 'rejected') assert.ok(isTimeout(result.reason), String(result.reason));
      else assert.deepEqual(result.value, { status: 200, body: ['/a', '/b'][i] });
    }
    const during = ask(hooks, '/c');
    assert.deepEqual(await during, { status: 200, body: '/c' });
    assert.ok(host.counted.includes('p timeout'));
    assert.ok(host.counted.includes('p restarted'));
    assert.equal(host.logged.filter((line) => line.includes('its thread is stuck')).length, 1);
  });

  it('in a wait: only that request times out, the thread stays', async () => {
    const host = new TestHost();
    const { hooks } = await isolated(
      `let n = 0;
      return { async onRequest({ request }) {
        if (request.target === '/wait') await new Promise((resolve) => setTimeout(resolve, 2000));
        return { status: 200, body: String(++n) };
      } };`,
      { host, timeout: 100 },
    );
    await assert.rejects(ask(hooks, '/wait'), isTimeout);
    assert.deepEqual(await ask(hooks, '/'), { status: 200, body: '1' });
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual(await ask(hooks, '/'), { status: 200, body: '2' });
    assert.deepEqual(host.counted, ['p timeout']);
  });
});

describe('an isolated plugin that dies', () => {
  const DYING = `return { onRequest({ request }) {
    if (request.target === '/crash') setImmediate(() => { throw new Error('bug'); });
    if (request.target === '/exit') process.exit(7);
    if (request.target === '/memory') { const all = []; for (;;) all.push(new Array(1e6).fill(1.5)); }
    if (request.target.startsWith('/wait') || request.target === '/crash') return new Promise(() => {});
    return { status: 200, body: 'alive' };
  } };`;

  for (const way of ['/crash', '/exit']) {
    it(`${way}: fails the requests inside it and serves the next`, async () => {
      const host = new TestHost();
      const { hooks } = await isolated(DYING, { host, timeout: 5000 });
      const inside = ask(hooks, '/wait');
      inside.catch(() => undefined);
      const failed = await ask(hooks, way).then(
        () => null,
        (error: Error) => error.message,
      );
      assert.match(failed ?? '', way === '/crash' ? /its thread died: bug/ : /ended with code 7/);
      await assert.rejects(inside, /its thread/);
      assert.deepEqual(await ask(hooks, '/'), { status: 200, body: 'alive' });
      assert.ok(host.counted.includes('p restarted'));
    });
  }

  it('out of memory: takes its thread with it, not the worker', { timeout: 60_000 }, async () => {
    const { hooks } = await isolated(DYING, { timeout: 50_000 });
    await assert.rejects(ask(hooks, '/memory'), /memory/);
    assert.deepEqual(await ask(hooks, '/'), { status: 200, body: 'alive' });
  });

  it('tells the next thread about exchanges that the last one knew', async () => {
    const { hooks } = await isolated(
      `return {
        onRequest({ request }) { if (request.target === '/exit') process.exit(1); },
        onResponse({ request }) { return { status: 200, body: request.path }; },
      };`,
    );
    const exchange: PluginExchange = makeExchange({ path: '/known' });
    await hooks.onRequest?.(exchange);
    await assert.rejects(ask(hooks, '/exit'));
    const reply = (await hooks.onResponse?.(exchange, makeResponse())) as PluginReply;
    assert.equal(reply.body, '/known');
  });

  it('refuses requests at once while it cannot be restarted', async () => {
    const flag = path.join(folder, 'broken');
    const host = new TestHost();
    const { hooks } = await isolated(
      `if (existsSync(${JSON.stringify(flag)})) throw new Error('cannot start');
      return { onRequest({ request }) { if (request.target === '/exit') process.exit(1); return { status: 200, body: 'ok' }; } };`,
      { host, top: `import { existsSync } from 'node:fs';`, timeout: 5000 },
    );
    await writeFile(flag, '');
    await assert.rejects(ask(hooks, '/exit'), /code 1/);
    await assert.rejects(ask(hooks, '/'), /cannot start/);
    await assert.rejects(ask(hooks, '/'), /does not run/);
    await rm(flag);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.deepEqual(await ask(hooks, '/'), { status: 200, body: 'ok' });
  });
});

describe('isolated plugins at load and unload', () => {
  it('refuse what plugins without isolation refuse', async () => {
    await assert.rejects(
      isolated(`throw new Error('no database')`),
      (error) =>
        error instanceof PluginLoadError &&
        error.failure === 'setup-failed' &&
        /no database/.test(error.message),
    );
    await assert.rejects(
      isolated('return {}', { fields: 'config: 1,' }),
      (error) => error instanceof PluginLoadError && error.failure === 'bad-definition',
    );
    await assert.rejects(isolated('process.exit(3)'), /its thread ended with code 3/);
  });

  it('end with their generation', async () => {
    const { hooks } = await isolated(`return { onRequest: () => new Promise(() => {}) };`, { timeout: 5000 });
    const inside = ask(hooks, '/');
    inside.catch(() => undefined);
    for (const set of sets.splice(0)) set.release();
    await assert.rejects(inside, /unloaded/);
    await assert.rejects(ask(hooks, '/'), /does not run/);
  });

  it('forget the calls of an exchange that ended', async () => {
    const { hooks } = await isolated(`return { onRequest: () => new Promise(() => {}) };`, { timeout: 5000 });
    const exchange = makeExchange();
    const waiting = Promise.resolve(hooks.onRequest?.(exchange));
    waiting.catch(() => undefined);
    hooks.onEnd?.(exchange, OUTCOME);
    await assert.rejects(waiting, /has ended/);
  });
});

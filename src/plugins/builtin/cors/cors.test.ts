import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PluginHooks, PluginReply } from '../../api.ts';
import { configProblems, type HeaderList, makeExchange, makeResponse, setUpPlugin } from '../../testing.ts';
import { cors } from './definition.ts';

const APP = 'https://app.example.com';

function preflight(hooks: PluginHooks, origin: string, more: HeaderList = {}): PluginReply | undefined {
  const headers = { Origin: origin, 'Access-Control-Request-Method': 'PUT', ...more };
  return hooks.onRequest?.(makeExchange({ method: 'OPTIONS', headers })) as PluginReply | undefined;
}

/** What `onResponse` makes of a response, for a request from an origin or from none. */
function mark(hooks: PluginHooks, origin: string | null, fields: HeaderList = {}): Record<string, string> {
  const response = makeResponse(fields);
  hooks.onResponse?.(makeExchange({ headers: origin === null ? {} : { Origin: origin } }), response);
  const marked: Record<string, string> = {};
  for (const [name, value] of response.headers.entries()) {
    marked[name] = name in marked ? `${marked[name]}, ${value}` : value;
  }
  return marked;
}

describe('cors preflights', () => {
  it('are answered with what is allowed', async () => {
    const hooks = await setUpPlugin(cors, {
      origins: [APP],
      methods: ['GET', 'PUT'],
      headers: ['Authorization', 'X-Trace'],
      max_age: '2h',
    });
    assert.deepEqual(preflight(hooks, APP), {
      status: 204,
      headers: {
        Vary: 'Access-Control-Request-Method',
        'Access-Control-Allow-Methods': 'GET, PUT',
        'Access-Control-Max-Age': '7200',
        'Access-Control-Allow-Headers': 'Authorization, X-Trace',
      },
    });
  });

  it('reflect the headers that are asked for', async () => {
    const hooks = await setUpPlugin(cors, { origins: [APP] });
    const reply = preflight(hooks, APP, { 'Access-Control-Request-Headers': 'x-a, x-b' });
    assert.equal(reply?.headers?.['Access-Control-Allow-Headers'], 'x-a, x-b');
    assert.equal(reply?.headers?.['Vary'], 'Access-Control-Request-Method, Access-Control-Request-Headers');
  });

  it('allow no headers when the list is empty', async () => {
    const hooks = await setUpPlugin(cors, { origins: [APP], headers: [] });
    const reply = preflight(hooks, APP, { 'Access-Control-Request-Headers': 'x-a' });
    assert.equal(reply?.headers?.['Access-Control-Allow-Headers'], undefined);
  });

  it('from an origin that is not admitted get nothing', async () => {
    const hooks = await setUpPlugin(cors, { origins: [APP] });
    assert.deepEqual(Object.keys(preflight(hooks, 'https://evil.example')?.headers ?? {}), ['Vary']);
  });

  it('are only OPTIONS requests with Origin and Access-Control-Request-Method', async () => {
    const hooks = await setUpPlugin(cors, {});
    const ask = (method: string, headers: HeaderList): unknown =>
      hooks.onRequest?.(makeExchange({ method, headers }));
    assert.equal(ask('OPTIONS', { Origin: APP }), undefined);
    assert.equal(ask('OPTIONS', { 'Access-Control-Request-Method': 'GET' }), undefined);
    assert.equal(ask('GET', { Origin: APP, 'Access-Control-Request-Method': 'GET' }), undefined);
  });

  it('are seen before any other plugin', () => {
    assert.equal(cors.preflight, true);
  });
});

describe('cors responses', () => {
  it('name the origin, with Vary', async () => {
    const hooks = await setUpPlugin(cors, { origins: [APP], credentials: true, expose: ['X-Total', 'Link'] });
    assert.deepEqual(mark(hooks, APP, { Vary: 'Accept' }), {
      'Access-Control-Allow-Origin': APP,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': 'X-Total, Link',
      Vary: 'Accept, Origin',
    });
  });

  it('vary by origin also when the request has none or a wrong one', async () => {
    const hooks = await setUpPlugin(cors, { origins: [APP] });
    assert.deepEqual(mark(hooks, null), { Vary: 'Origin' });
    assert.deepEqual(mark(hooks, 'https://evil.example'), { Vary: 'Origin' });
  });

  it('do not repeat what Vary says already', async () => {
    const hooks = await setUpPlugin(cors, { origins: [APP] });
    assert.equal(mark(hooks, null, { Vary: 'accept-encoding, ORIGIN' })['Vary'], 'accept-encoding, ORIGIN');
    assert.equal(mark(hooks, null, { Vary: '*' })['Vary'], '*');
    assert.equal(mark(hooks, null, { Vary: ['Accept', 'Origin'] })['Vary'], 'Accept, Origin');
  });

  it('say * without Vary when everybody may read', async () => {
    const hooks = await setUpPlugin(cors, {});
    assert.deepEqual(mark(hooks, APP), { 'Access-Control-Allow-Origin': '*' });
    assert.deepEqual(mark(hooks, null), { 'Access-Control-Allow-Origin': '*' });
  });

  it('replace what the service says about CORS', async () => {
    const hooks = await setUpPlugin(cors, { origins: [APP] });
    const marked = mark(hooks, 'https://evil.example', {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': 'X-Secret',
    });
    assert.deepEqual(marked, { Vary: 'Origin' });
  });
});

describe('cors origins', () => {
  async function admits(origins: readonly string[], origin: string): Promise<boolean> {
    const hooks = await setUpPlugin(cors, { origins });
    return mark(hooks, origin)['Access-Control-Allow-Origin'] === origin;
  }

  it('are compared exactly, with scheme and port', async () => {
    assert.ok(await admits(['https://App.Example.com'], APP));
    assert.ok(!(await admits([APP], 'http://app.example.com')));
    assert.ok(!(await admits([APP], 'https://app.example.com:8443')));
    assert.ok(!(await admits([APP], 'https://app.example.com.evil.example')));
    assert.ok(await admits(['http://[::1]:8080'], 'http://[::1]:8080'));
  });

  it('match subdomains of any depth, but not the domain itself', async () => {
    const patterns = ['https://*.example.com'];
    assert.ok(await admits(patterns, 'https://a.example.com'));
    assert.ok(await admits(patterns, 'https://a.b.example.com'));
    for (const origin of [
      'https://example.com',
      'https://evilexample.com',
      'https://a.example.com.evil.example',
      'https://evil.example/.example.com',
      'https://evil.example#.example.com',
      'https://a.exampleXcom',
      'http://a.example.com',
      'https://a.example.com:444',
      'https://.example.com',
    ]) {
      assert.ok(!(await admits(patterns, origin)), origin);
    }
  });

  it('match any port where asked', async () => {
    assert.ok(await admits(['http://localhost:*'], 'http://localhost:5173'));
    assert.ok(await admits(['http://localhost:*'], 'http://localhost'));
    assert.ok(!(await admits(['http://localhost:*'], 'http://localhost:5173.evil.example')));
  });

  it('include null only when it is listed', async () => {
    assert.ok(await admits(['null'], 'null'));
    assert.ok(!(await admits([APP], 'null')));
  });
});

describe('cors options', () => {
  it('refuse credentials together with every origin', () => {
    const [problem = ''] = configProblems(cors, { credentials: true });
    assert.match(problem, /^credentials: credentials cannot be allowed for the origin "\*"/);
    assert.deepEqual(configProblems(cors, { credentials: true, origins: [APP] }), []);
  });

  it('refuse what is no origin', () => {
    for (const origin of [
      'app.example.com',
      'https://app.example.com/',
      'https://*',
      'https://a.*.com',
      'https://x y',
      '',
    ]) {
      assert.match(
        configProblems(cors, { origins: [origin] })[0] ?? '',
        /^origins\.0: expected an origin/,
        origin,
      );
    }
  });
});

/** `admin` and `observability.metrics`. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hashSync } from 'bcryptjs';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { reservePort } from '../support/ports.ts';
import { listens, statusOf } from './support.ts';

const ROUTES = { routes: [{ path: '/', respond: { body: 'hello' } }] };

describe('admin: where it listens', () => {
  it('admin.enabled', async () => {
    // The gateway tries the port before its workers listen on it, so that a connection alone says nothing.
    const ready = async (starting: Gateway) => (await statusOf(starting.port, '/').catch(() => 0)) === 200;
    const gateway = await startGateway({ admin: { enabled: false }, ...ROUTES }, { workers: 1, ready });
    try {
      assert.equal(await statusOf(gateway.port, '/'), 200);
      assert.equal(await listens(gateway.adminPort, '127.0.0.1'), false);
    } finally {
      await gateway.stop();
    }
  });

  it('admin.address', async () => {
    const own = await reservePort();
    const live = async () => (await fetch(`http://127.0.0.3:${own.port}/_/ready`).catch(() => null))?.status;
    const gateway = await startGateway(
      { server: { admin_port: own.port }, admin: { address: `127.0.0.3:${own.port}` }, ...ROUTES },
      { workers: 1, ready: async () => (await live()) === 200 },
    );
    try {
      assert.equal(await live(), 200);
      assert.equal(await listens(own.port, '127.0.0.1'), false);
      assert.equal(await listens(gateway.adminPort, '127.0.0.1'), false);
    } finally {
      await gateway.stop();
      own.release();
    }
  });
});

describe('admin: who may ask', () => {
  let gateway: Gateway;
  const guarded = (changes: Record<string, unknown> = {}, metrics = {}): GatewayConfig => ({
    admin: {
      auth: { type: 'basic', username: 'root', password_hash: hashSync('secret', 4) },
      ...changes,
    },
    observability: { metrics },
    ...ROUTES,
  });
  before(async () => {
    gateway = await startGateway(guarded(), { workers: 1 });
  });
  after(() => gateway?.stop());

  const status = async (path: string, credentials = '', method = 'GET'): Promise<number> => {
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    const headers: Record<string, string> = credentials === '' ? {} : { authorization };
    const response = await gateway.admin(path, { method, headers });
    await response.arrayBuffer();
    return response.status;
  };
  /** Reloading needs the password too. */
  const apply = async (config: GatewayConfig): Promise<void> => {
    gateway.writeConfig(config);
    assert.equal(await status('/_/reload', 'root:secret', 'POST'), 200);
  };

  const GUARDED = ['/', '/_/routes', '/_/upstreams', '/_/plugins', '/_/config', '/metrics', '/nothing'];

  it('admin.auth.type, username and password_hash guard all but health', async () => {
    for (const path of GUARDED) {
      assert.equal(await status(path), 401, path);
      assert.equal(await status(path, 'root:secret'), path === '/nothing' ? 404 : 200, path);
    }
    for (const path of ['/_/health', '/_/live', '/_/ready']) assert.equal(await status(path), 200, path);
    assert.equal(await status('/_/reload', '', 'POST'), 401);
    for (const wrong of ['root:wrong', 'admin:secret', 'root:', ':secret', 'root']) {
      assert.equal(await status('/_/routes', wrong), 401, wrong);
    }
  });

  it('/_/config hides the secrets', async () => {
    const authorization = `Basic ${Buffer.from('root:secret').toString('base64')}`;
    const text = await (await gateway.admin('/_/config', { headers: { authorization } })).text();
    assert.match(text, /"username":\s*"root"/);
    assert.doesNotMatch(text, /\$2[aby]\$/);
  });

  it('admin.metrics_public', async () => {
    await apply(guarded({ metrics_public: true }));
    assert.equal(await status('/metrics'), 200);
    assert.equal(await status('/_/routes'), 401);
  });

  it('observability.metrics.path', async () => {
    await apply(guarded({ metrics_public: true }, { path: '/numbers' }));
    assert.equal(await status('/numbers'), 200);
    assert.equal(await status('/metrics', 'root:secret'), 404);
  });

  it('observability.metrics.enabled', async () => {
    await apply(guarded({ metrics_public: true }, { enabled: false }));
    assert.equal(await status('/metrics', 'root:secret'), 404);
    assert.equal(await statusOf(gateway.port, '/'), 200);
  });

  it('admin.auth.type none', async () => {
    await apply({ admin: { auth: { type: 'none' } }, ...ROUTES });
    for (const path of GUARDED) assert.equal(await status(path), path === '/nothing' ? 404 : 200, path);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../config/schema/schema.js';
import { applyOverrides } from './overrides.js';
import { restartWarnings } from './restart-settings.js';
const parse = (value) => configSchema.parse(value);
test('names each setting that needs a restart, and no other', () => {
    const running = parse({});
    const next = parse({
        server: { http_port: 8081, workers: 3, via: 'gate', limits: { body: '1MB' } },
        observability: { logging: { level: 'debug' } },
    });
    assert.deepEqual(restartWarnings(running, next), [
        'server.http_port changed from 8080 to 8081; this takes effect after a restart',
        'server.workers changed from auto to 3; this takes effect after a restart',
    ]);
    assert.deepEqual(restartWarnings(running, running), []);
});
test('the admin address follows server.host unless it has its own', () => {
    const moved = restartWarnings(parse({}), parse({ server: { host: '127.0.0.1' } }));
    assert.deepEqual(moved, [
        'server.host changed from 0.0.0.0 to 127.0.0.1; this takes effect after a restart',
        'the admin address changed from 0.0.0.0:9090 to 127.0.0.1:9090; this takes effect after a restart',
    ]);
    const off = restartWarnings(parse({}), parse({ admin: { enabled: false } }));
    assert.equal(off.length, 2);
});
test('the command line wins over the files', () => {
    const config = parse({ server: { workers: 7 } });
    applyOverrides(config, { workers: 2, logLevel: 'error' });
    assert.equal(config.server.workers, 2);
    assert.equal(config.observability.logging.level, 'error');
    assert.equal(config.server.engine, 'builtin');
});
//# sourceMappingURL=restart-settings.test.js.map
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of the configuration
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, loadFiles, loadYaml } from '../../test/support/config-files.js';
import { formatProblem } from './problems.js';
import { redactConfig } from './redact.js';
import { isSecretKey } from './secrets.js';
const HASH = `$2b$10$${'a'.repeat(53)}`;
test('no secret of any kind is shown', async () => {
    const { config } = await loadYaml(`
server: { http_port: "\${PORT}", via: "\${NAME}" }
admin: { address: "127.0.0.1:9090", auth: { type: basic, username: admin, password_hash: ${HASH} } }
middleware:
  - { name: basic-auth, config: { users: [{ username: joe, password: topsecret1 }] } }
  - { name: rate-limit, config: { limit: "\${LIMIT}" } }
  - { name: cors, config: { origins: ["https://a.example"], credentials: true } }
plugins:
  - { name: jwt-auth, config: { secret: topsecret2, issuer: me, nested: { apiKey: topsecret3 }, url: "redis://u:topsecret4@host/1", audience: "\${AUD}" } }
upstreams:
  - { name: a, endpoints: ["\${HOST}:80", "b:80"] }
routes:
  - { path: /a, upstream: a, middleware: [{ name: auth, config: { private_key: topsecret5 } }] }
`, { PORT: '8081', NAME: 'topsecret6', LIMIT: '31337', AUD: 'topsecret7', HOST: 'topsecret8' });
    const shown = redactConfig(config);
    const text = JSON.stringify(shown);
    assert.doesNotMatch(text, /topsecret|31337|aaaa/);
    const document = JSON.parse(text);
    assert.equal(document.server.http_port, 8081, 'numbers of the gateway itself are no secrets');
    assert.equal(document.server.via, '[hidden]');
    assert.equal(document.middleware[2].config.credentials, true);
    assert.equal(document.admin.auth.username, 'admin');
    assert.equal(document.admin.auth.password_hash, '[hidden]');
    assert.equal(document.plugins[0].config.issuer, 'me');
    assert.equal(document.plugins[0].config.url, 'redis://u:[hidden]@host/1');
    assert.equal(document.upstreams[0].endpoints[0], '[hidden]');
    assert.equal(document.upstreams[0].endpoints[1].address, 'b:80');
    assert.equal(config.admin.auth.password_hash, HASH, 'the configuration itself is not changed');
});
test('a default that was not overridden is no secret', async () => {
    const { config } = await loadYaml('server: { via: "${NAME:-edge}" }');
    assert.equal(redactConfig(config).server.via, 'edge');
});
test('no error or warning shows a secret', async () => {
    const text = `
admin: { auth: { type: basic, username: admin, password_hash: topsecret } }
middleware:
  - { name: basic-auth, config: { users: [{ username: joe, password_hash: topsecret }], realm: "\${R}", cache_ttl: "\${T}" } }
  - { name: cors, config: { origins: "\${O}" } }
upstreams: [{ name: "\${U}", endpoints: ["\${E}"], load_balance: "\${L}" }, { name: "\${U}", endpoints: ["a:1"] }]
routes: [{ path: /, upstream: "\${X}", timeout: "\${T}", methods: ["\${M} x"] }]
server: { http_port: "\${P}", trusted_proxies: ["\${C}"] }
`;
    const env = Object.fromEntries([...'RTOUELXMPC'].map((name) => [name, `topsecret"${name}`]));
    const errors = await errorsOf(text, env);
    assert.ok(errors.length >= 12, errors.join('\n'));
    assert.doesNotMatch(errors.join('\n'), /topsecret/);
});
test('a syntax error does not show what stands there', async () => {
    for (const name of ['a.yaml', 'a.json']) {
        const result = await loadFiles({ [name]: '{"password": "a" "topsecret": {"topsecret" "topsecret"}' });
        assert.ok(!result.ok);
        assert.doesNotMatch(result.problems.map(formatProblem).join('\n'), /topsecret/);
    }
});
test('which keys of plugins sound like secrets', () => {
    for (const key of [
        'secret',
        'clientSecret',
        'jwt_secret',
        'password',
        'PASSWORD',
        'token',
        'access_token',
        'apiKey',
        'api-key',
        'private_key',
        'credentials',
        'users',
        'key',
        'password_hash',
        'authorization',
        'signingKeys',
    ]) {
        assert.ok(isSecretKey(key), key);
    }
    for (const key of [
        'limit',
        'window',
        'origins',
        'header',
        'keyspace',
        'monkey',
        'tokenizer',
        'max_age',
        'username',
        'issuer',
    ]) {
        assert.ok(!isSecretKey(key), key);
    }
});
//# sourceMappingURL=redact.test.js.map
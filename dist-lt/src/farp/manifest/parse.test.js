import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manifestChecksum } from './checksum.js';
import { parseManifest } from './parse.js';
import { withoutSecrets } from './public-manifest.js';
import { isAcceptedVersion, isCompatibleVersion } from './version.js';
const HASH = 'a255ee567dc18584093da2606c49ee365a8e7abd75afd97a44ba8cd92a043f6d';
const SCHEMA = {
    type: 'openapi',
    spec_version: '3.1.0',
    location: { type: 'http', url: 'http://10.0.0.7/openapi.json' },
    content_type: 'application/json',
    hash: HASH,
};
function manifest(changes = {}) {
    return {
        version: '1.1.0',
        service_name: 'orders',
        instance_id: 'orders-a1',
        schemas: [SCHEMA],
        endpoints: { health: '/health' },
        ...changes,
    };
}
function accepted(changes = {}, context = {}) {
    const result = parseManifest(manifest(changes), context);
    assert.ok(result.manifest !== null, result.error ?? '');
    return { ...result.manifest, warnings: result.warnings };
}
function refused(changes, context = {}) {
    return parseManifest(manifest(changes), context).error ?? 'accepted';
}
describe('what a manifest may leave out', () => {
    it('null is absent everywhere', () => {
        const nulls = ['schemas', 'capabilities', 'endpoints', 'routing', 'auth', 'webhook', 'hints', 'instance'];
        const parsed = accepted(Object.fromEntries([...nulls, 'route_table', 'checksum'].map((name) => [name, null])));
        assert.deepEqual(parsed.warnings, []);
        assert.deepEqual([parsed.schemas, parsed.capabilities, parsed.routeTable], [[], [], []]);
        assert.deepEqual([parsed.webhook, parsed.auth, parsed.hints, parsed.instance], [null, null, null, null]);
        assert.equal(parsed.routing.strategy, 'service');
        assert.equal(parsed.routing.priority, 50);
    });
    it('the empty auth and webhook that Go writes are not configured', () => {
        const retry = { max_attempts: 0, initial_delay: '', max_delay: '', multiplier: 0 };
        const parsed = accepted({ auth: { schemes: null }, webhook: { retry } });
        assert.deepEqual([parsed.auth, parsed.webhook, parsed.warnings], [null, null, []]);
    });
    it('the instance id comes from discovery when it is known there', () => {
        assert.match(refused({ instance_id: '' }), /field=instance_id message=instance ID is required/);
        assert.equal(accepted({ instance_id: null }, { instanceId: 'pod-7' }).instanceId, 'pod-7');
    });
    it('weight is 100 when absent and 0 when it is said to be', () => {
        assert.equal(accepted({ instance: { address: 'a:1' } }).instance?.weight, 100);
        assert.equal(accepted({ instance: { address: 'a:1', weight: 0 } }).instance?.weight, 0);
    });
    it('members spelled in other cases are found, exact ones first', () => {
        assert.equal(accepted({ Service_Version: '2.0', service_name: 'orders' }).serviceVersion, '2.0');
        assert.equal(accepted({ Service_Name: 'others', service_name: 'orders' }).serviceName, 'orders');
    });
});
describe('what is put up with', () => {
    const cases = [
        [
            'a member of the wrong type',
            { updated_at: 'yesterday' },
            /updated_at: ignored: expected number, found string/,
        ],
        ['text where a list should be', { capabilities: 'rest' }, /capabilities: ignored: expected array/],
        ['priority out of range', { routing: { priority: 1000 } }, /routing.priority: 1000 is taken as 100/],
        ['custom without base path', { routing: { strategy: 'custom' } }, /base path is required/],
        ['an unknown status', { instance: { status: 'sleepy' } }, /instance.status: unknown; taken as starting/],
        [
            'a route without slash',
            { route_table: [{ path: 'orders' }] },
            /route_table\[0\].path: must begin with/,
        ],
        [
            'a rewrite rule without pattern',
            { routing: { rewrite: [{}] } },
            /routing.rewrite\[0\].pattern: required/,
        ],
        [
            'a schema in a file',
            { schemas: [{ ...SCHEMA, location: { type: 'http', url: 'file:///etc/passwd' } }] },
            /schemas\[0\]: left out: invalid schema location: URL must begin/,
        ],
        [
            'header fields that would split the request',
            { schemas: [{ ...SCHEMA, location: { ...SCHEMA.location, headers: { a: 'b\r\nc: d' } } }] },
            /schemas\[0\].location.headers: fields that cannot be sent/,
        ],
    ];
    for (const [name, changes, warning] of cases) {
        it(name, () => {
            const { warnings } = accepted(changes);
            assert.equal(warnings.length, 1, warnings.join('; '));
            assert.match(warnings[0], warning);
        });
    }
    it('a wrong checksum where the gateway is told to warn', () => {
        assert.match(refused({ checksum: HASH }), /^schema checksum mismatch: expected/);
        const { warnings, checksum } = accepted({ checksum: HASH }, { checksum: 'warn' });
        assert.match(warnings.join(), /schema checksum mismatch/);
        assert.equal(checksum, HASH);
    });
    it('a dropped schema counts for the checksum all the same', () => {
        const soap = { ...SCHEMA, type: 'soap', hash: 'b'.repeat(64) };
        const { schemas } = accepted({ schemas: [soap, SCHEMA], checksum: manifestChecksum([soap, SCHEMA]) });
        assert.deepEqual(schemas.map(({ type }) => type), ['openapi']);
    });
    it('thousands of faults are reported with the first fifty', () => {
        const route_table = Array.from({ length: 4000 }, () => ({ path: 'no slash' }));
        assert.equal(accepted({ route_table }).warnings.length, 50);
    });
    it('an inline schema inside of its location', () => {
        const location = { type: 'inline', inline_schema: { openapi: '3.1.0' } };
        const [schema] = accepted({ schemas: [{ ...SCHEMA, location }] }).schemas;
        assert.deepEqual(schema?.location, { kind: 'inline', document: { openapi: '3.1.0' } });
    });
});
describe('what is refused', () => {
    const names = [
        '../admin',
        'a/b',
        '..',
        '.',
        '_farp',
        '_',
        '__admin',
        'a..b',
        'a b',
        'a\u0000',
        'a\n',
        '%2e',
        'health',
        'FARP',
        'ä',
        '\u202e',
        'x'.repeat(129),
    ];
    for (const name of names) {
        it(`the service name ${JSON.stringify(name.slice(0, 20))}`, () => {
            assert.match(refused({ service_name: name }), /^validation error: field=service_name message=/);
        });
    }
    for (const id of ['../x', 'a/b', 'a b', '..', '\u007f', 'x'.repeat(257), 'a\ud800', 'a?b']) {
        it(`the instance id ${JSON.stringify(id.slice(0, 20))}`, () => {
            assert.match(refused({ instance_id: id }), /^validation error: field=instance_id message=/);
        });
    }
    it('a manifest of another service', () => {
        assert.match(refused({}, { service: 'payments' }), /that of the service orders, not of payments/);
        assert.equal(accepted({}, { service: 'Orders' }).serviceName, 'orders');
    });
    it('text that is no JSON, and JSON that is no object', () => {
        const error = (text) => parseManifest(text).error;
        assert.equal(error('{"version":"1.1'), 'invalid manifest format: unexpected end of JSON input');
        assert.equal(error(''), 'invalid manifest format: unexpected end of JSON input');
        assert.equal(error('{a}'), 'invalid manifest format: not JSON at position 1');
        assert.equal(error('7'), 'invalid manifest format: json: cannot unmarshal number into Go value of type farp.SchemaManifest');
    });
    it('a depth bomb, before it is built', () => {
        const bomb = `{"version":${'['.repeat(500_000)}`;
        assert.equal(parseManifest(bomb).error, 'invalid manifest format: nested deeper than 200 levels');
        // Brackets in strings are no depth.
        const text = JSON.stringify(manifest({ service_version: '[{'.repeat(1000) }));
        assert.equal(parseManifest(text).error, null);
    });
    it('100,000 routes', () => {
        const route_table = Array.from({ length: 100_000 }, (_, i) => ({ path: `/${i}` }));
        assert.equal(refused({ route_table }), 'route_table: 100000 routes are more than 5000');
    });
});
describe('webhook', () => {
    it('keeps what is stated and fills in what is not', () => {
        const retry = { max_attempts: 500, initial_delay: '1m30s', max_delay: 'soon', multiplier: 0 };
        const { webhook, warnings } = accepted({ webhook: { service_webhook: '/hook', secret: 's', retry } });
        assert.deepEqual(webhook?.retry, {
            maxAttempts: 10,
            initialDelay: 90_000,
            maxDelay: 30_000,
            multiplier: 2,
        });
        assert.equal(warnings.length, 2);
    });
});
describe('secrets of a manifest', () => {
    it('are not shown', () => {
        const location = {
            ...SCHEMA.location,
            url: 'http://u:hunter2@h/x',
            headers: { authorization: 'hunter2' },
        };
        const parsed = accepted({
            schemas: [{ ...SCHEMA, location }],
            webhook: { service_webhook: 'http://u:hunter2@h/hook', secret: 'hunter2' },
            auth: {
                schemes: [{ type: 'oauth2', config: { client_secret: 'hunter2', token_url: 'http://idp/token' } }],
                token_validation_url: 'http://idp/check',
            },
        });
        const shown = JSON.stringify(withoutSecrets(parsed));
        assert.doesNotMatch(shown, /hunter2/);
        assert.match(shown, /idp\/token/);
        assert.match(shown, /idp\/check/);
    });
});
describe('versions beyond the shared vectors', () => {
    const cases = [
        ['1.1.0', true, true],
        ['1.1.99', true, true],
        ['1.0.0.5', true, true],
        ['1.-1.0', true, true],
        ['+1.0.0', true, true],
        ['1. 0. 0', true, true],
        ['1.9223372036854775808.0', false, false],
        ['0.9.0', false, false],
        ['01.0.0', true, true],
        ['1..0', false, false],
        ['1 .0.0', false, false],
        ['\n1.0.0', false, false],
    ];
    for (const [version, compatible, isAccepted] of cases) {
        it(JSON.stringify(version), () => {
            assert.equal(isCompatibleVersion(version, '1.1.0'), compatible);
            assert.equal(isAcceptedVersion(version), isAccepted);
        });
    }
});
//# sourceMappingURL=parse.test.js.map
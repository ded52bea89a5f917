import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { diffManifests, hasChanges, hasRouteChanges } from './diff.js';
import { parseManifest } from './parse.js';
import { isPathIncluded, pathMatches } from './path-rules.js';
import { readStored } from './storage.js';
function manifest(changes = {}) {
    const base = { version: '1.1.0', service_name: 'orders', instance_id: 'a1', endpoints: { health: '/h' } };
    return parseManifest({ ...base, ...changes }).manifest;
}
function schema(type, letter) {
    return {
        ...{ type, spec_version: '3', content_type: 'application/json', hash: letter.repeat(64) },
        location: { type: 'registry', registry_path: '/s' },
    };
}
describe('diffManifests', () => {
    const cases = [
        ['nothing', {}, false, false],
        ['updated_at', { updated_at: 7 }, false, false],
        ['a schema more', { schemas: [schema('openapi', 'a')] }, true, true],
        ['capabilities', { capabilities: ['rest'] }, true, false],
        ['endpoints', { endpoints: { health: '/other' } }, true, false],
        ['priority', { routing: { priority: 7 } }, true, true],
        ['routing tags', { routing: { tags: ['x'] } }, false, false],
        ['rewrite', { routing: { rewrite: [{ pattern: '^/a', replacement: '/b' }] } }, true, true],
        ['path rules', { routing: { path_rules: [{ pattern: '/a', action: 'exclude' }] } }, true, true],
        ['route table', { route_table: [{ path: '/a' }] }, true, true],
        ['routes checksum', { routes_checksum: 'x' }, true, true],
    ];
    for (const [name, changes, any, routes] of cases) {
        it(name, () => {
            const diff = diffManifests(manifest(), manifest(changes));
            assert.equal(hasChanges(diff), any);
            assert.equal(hasRouteChanges(diff), routes);
        });
    }
    it('schemas by type and hash', () => {
        const before = manifest({ schemas: [schema('openapi', 'a'), schema('grpc', 'b'), schema('avro', 'c')] });
        const after = manifest({ schemas: [schema('openapi', 'a'), schema('grpc', 'd'), schema('orpc', 'c')] });
        const { schemasAdded, schemasChanged, schemasRemoved } = diffManifests(before, after);
        assert.deepEqual([schemasAdded, schemasChanged, schemasRemoved], [['orpc'], ['grpc'], ['avro']]);
    });
});
describe('path rules', () => {
    const cases = [
        ['/a/**', '/a', true],
        ['/a/**', '/ab', false],
        ['/a/**/b/**/c', '/a/x/b/y/z/c', true],
        ['/a/**/b/**/c', '/a/x/b/y/z', false],
        ['/**/x', '/x/y/x', true],
        ['**', '/anything/at/all', true],
        ['/*', '/', false],
        ['/*.json', '/a.json', true],
        ['/*.json', '/a/b.json', false],
        ['/a/', '/a', true],
        ['/A', '/a', false],
    ];
    for (const [pattern, path, matches] of cases)
        it(`${pattern} and ${path}`, () => assert.equal(pathMatches(pattern, path), matches));
    it('no rules include everything', () => assert.ok(isPathIncluded([], '/x')));
    it('many stars take no exponential time', () => {
        const startedAt = performance.now();
        assert.equal(pathMatches(`${'/**/a'.repeat(200)}/b`, '/a'.repeat(2000)), false);
        assert.ok(performance.now() - startedAt < 1_000);
    });
});
describe('stored values', () => {
    it('are unpacked by the end of their key', async () => {
        assert.equal(await readStored('farp/x.gz', gzipSync('{"a":1}')), '{"a":1}');
        assert.equal(await readStored('farp/x', Buffer.from('{"a":1}')), '{"a":1}');
    });
    it('a gzip bomb is not unpacked', async () => {
        const bomb = gzipSync(Buffer.alloc(50_000_000));
        await assert.rejects(readStored('farp/x.gz', bomb), /exceeds size limit/);
    });
    it('damage is an error', async () => {
        await assert.rejects(readStored('farp/x.gz', Buffer.from('no gzip')));
        await assert.rejects(readStored('farp/x', Buffer.alloc(2_000_000)), /exceeds size limit/);
    });
});
//# sourceMappingURL=diff.test.js.map
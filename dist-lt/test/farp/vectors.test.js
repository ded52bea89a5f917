// The shared vectors of the protocol, each by its id. `push_protocol_vectors` are played to the gateway in push.test.ts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { signatureOf, verifySignature } from '../../src/farp/events/signature.js';
import { writeJson } from '../../src/farp/manifest/canonical-json.js';
import { manifestChecksum } from '../../src/farp/manifest/checksum.js';
import { parseJsonTree } from '../../src/farp/manifest/json-tree.js';
import { parseManifest } from '../../src/farp/manifest/parse.js';
import { INTERNAL_PATH_RULES, isPathIncluded, pathMatches } from '../../src/farp/manifest/path-rules.js';
import { matchSchemaHash, schemaHash } from '../../src/farp/manifest/schema-hash.js';
import { compressedKey, instancesPrefix, manifestKey, schemaKey, storageForm, } from '../../src/farp/manifest/storage.js';
import { validateManifest } from '../../src/farp/manifest/validate.js';
import { isAcceptedVersion, isCompatibleVersion } from '../../src/farp/manifest/version.js';
const vectors = JSON.parse(readFileSync(new URL('../../../test/vectors/farp.json', import.meta.url), 'utf8'));
/**
 * What the vectors recommend to reject and section 2.4 of the protocol says to put up with: part of the warning, and
 * what becomes of the manifest.
 */
const TOLERATED = {
    'I10-weight-range': ['101 is taken as 100', ({ instance }) => instance?.weight === 100],
    'I11-deployment-id': ['deployment ID is required', ({ instance }) => instance?.deployment !== null],
    'I12-traffic-percent': [
        'is taken as',
        ({ instance }) => [0, 100].includes(instance?.deployment?.trafficPercent ?? 50),
    ],
    'I13-strategy-unknown': ['invalid mount strategy: hash', ({ routing }) => routing.strategy === 'service'],
    'I15-subdomain-missing': ['subdomain is required', ({ routing }) => routing.strategy === 'service'],
    'I17-schema-type-unknown': ['unsupported schema type: soap', ({ schemas }) => schemas.length === 0],
    'I18-spec-version-missing': ['spec version is required', ({ schemas }) => schemas.length === 0],
    'I20-http-no-url': ['URL required for HTTP location', ({ schemas }) => schemas.length === 0],
    'I23-inline-null': ['inline schema is required', ({ schemas }) => schemas.length === 0],
    'I24-hash-empty': ['schema hash is required', ({ schemas }) => schemas.length === 1],
    'I25-hash-short': ['invalid hash format', ({ schemas }) => schemas.length === 0],
    'I26-content-type-empty': ['content type is required', ({ schemas }) => schemas.length === 0],
    'I29-checksum-uppercase': ['', ({ checksum }) => checksum === checksum.toUpperCase()],
};
describe('manifest vectors', () => {
    for (const { id, manifest, expected, computed_manifest_checksum } of vectors.manifest_vectors) {
        it(`${id}: as the reference library judges`, () => {
            const verdict = (text) => (text === 'ok' ? '' : text);
            assert.equal(validateManifest(manifest, '1.0.1'), verdict(expected.go_1_0_1));
            assert.equal(validateManifest(manifest, '1.1.0'), verdict(expected.go_protocol_1_1_0));
        });
        it(`${id}: strict, as recommended`, () => {
            const { error } = parseManifest(manifest, { strict: true });
            // A strict gateway compares checksums as the reference library does.
            assert.equal(error !== null, expected.recommended_gateway === 'reject', error ?? 'accepted');
        });
        it(`${id}: tolerant, as section 2.4 says`, () => {
            const result = parseManifest(JSON.stringify(manifest));
            const tolerated = TOLERATED[id];
            if (tolerated !== undefined) {
                assert.ok(result.manifest !== null, result.error ?? '');
                assert.ok(tolerated[1](result.manifest));
                assert.ok(tolerated[0] === '' || result.warnings.some((warning) => warning.includes(tolerated[0])), result.warnings.join('; '));
                return;
            }
            assert.equal(result.error !== null, expected.recommended_gateway === 'reject', result.error ?? '');
            if (expected.recommended_gateway === 'accept')
                assert.deepEqual(result.warnings, []);
            if (expected.recommended_gateway === 'accept-with-warning')
                assert.equal(result.warnings.length, 1);
            if (result.error !== null && expected.go_protocol_1_1_0 !== 'ok') {
                assert.equal(result.error, expected.go_protocol_1_1_0);
            }
        });
        it(`${id}: checksum`, () => {
            assert.equal(manifestChecksum(manifest.schemas ?? []), computed_manifest_checksum);
        });
    }
});
describe('schema hash vectors', () => {
    for (const vector of vectors.schema_hash_vectors) {
        const { id, input_json_text: text, go_canonical_text: canonical } = vector;
        const forms = {
            go: vector.go_map_sha256,
            serde: vector.serde_json_sorted_sha256,
            javascript: vector.ts_json_stringify_sha256,
            body: vector.raw_input_bytes_sha256,
        };
        for (const [form, hash] of Object.entries(forms)) {
            if (hash === null)
                continue;
            it(`${id}: ${form}`, () => {
                assert.notEqual(matchSchemaHash(Buffer.from(text), hash), null);
                assert.notEqual(matchSchemaHash(Buffer.from(text), hash.toUpperCase()), null);
                assert.equal(matchSchemaHash(Buffer.from(`[${text}]`), hash), null);
            });
        }
        it(`${id}: canonical text`, () => {
            const style = { sorted: true, escapes: 'html', numbers: 'double' };
            assert.equal(writeJson(parseJsonTree(text), style), canonical);
            assert.equal(schemaHash(text), vector.go_map_sha256);
        });
        it(`${id}: as Forge serves it`, () => {
            const body = Buffer.from(`${canonical}\n`);
            assert.equal(sha256(body), vector.wire_body_with_trailing_newline_sha256);
            assert.equal(matchSchemaHash(body, vector.go_map_sha256), 'body-line');
            assert.equal(matchSchemaHash(body, vector.wire_body_with_trailing_newline_sha256), 'body');
        });
    }
});
describe('version compatibility vectors', () => {
    for (const vector of vectors.version_compatibility_vectors) {
        const { version } = vector;
        it(JSON.stringify(version), () => {
            assert.equal(isCompatibleVersion(version, '1.0.1'), vector.go_1_0_1);
            assert.equal(isCompatibleVersion(version, '1.1.0'), vector.go_protocol_1_1_0);
            // Ours: what the library can read at all, with any minor version of major 1.
            const readable = vector.go_protocol_1_1_0 || ['1.2.0', '1.3.1', '1.4294967296.0'].includes(version);
            assert.equal(isAcceptedVersion(version), readable);
        });
    }
});
describe('routes checksum vectors: echoed, never recomputed', () => {
    for (const vector of vectors.routes_checksum_vectors) {
        for (const stated of [vector.go_sha256, vector.ts_sha256]) {
            it(`${vector.id}: ${stated.slice(0, 8)}`, () => {
                const { routing, endpoints, route_table } = vector;
                const { manifest, error } = parseManifest({
                    ...{ version: '1.1.0', service_name: 'orders', instance_id: 'orders-a1' },
                    ...{ routing, endpoints, route_table, routes_checksum: stated },
                });
                assert.equal(error, null);
                assert.equal(manifest?.routesChecksum, stated);
            });
        }
        it(`${vector.id}: Go's spelling of it`, () => {
            const tree = parseJsonTree(vector.go_canonical_text);
            const style = { sorted: false, escapes: 'html', numbers: 'double' };
            assert.equal(writeJson(tree, style), vector.go_canonical_text);
            assert.equal(sha256(vector.go_canonical_text), vector.go_sha256);
        });
    }
});
describe('webhook signature vectors', () => {
    for (const { secret, body_text: body, 'X-FARP-Signature': signature, } of vectors.webhook_signature_vectors) {
        it(`secret ${JSON.stringify(secret)}`, () => {
            assert.equal(signatureOf(secret, body), signature);
            // A signature with an empty secret proves nothing.
            assert.equal(verifySignature(secret, body, signature), secret !== '');
            assert.equal(verifySignature(secret, `${body} `, signature), false);
        });
    }
});
describe('storage vectors', () => {
    for (const vector of vectors.storage_key_vectors) {
        it(vector.key, () => {
            const { namespace, op, service = '', instance = '', path = '' } = vector;
            const key = op === 'manifest'
                ? manifestKey(service, instance, namespace)
                : op === 'schema'
                    ? schemaKey(path, namespace)
                    : instancesPrefix(service, namespace);
            assert.equal(key, vector.key);
            if (vector.compressed_key !== undefined)
                assert.equal(compressedKey(key), vector.compressed_key);
        });
    }
    for (const { json_bytes: bytes, compressed, error } of vectors.storage_size_vectors) {
        it(`${bytes} bytes`, () => assert.deepEqual(storageForm(bytes), { compressed, error: error ?? '' }));
    }
});
describe('path rule vectors', () => {
    for (const { path, included } of vectors.path_rule_vectors) {
        it(`internal rules: ${path}`, () => assert.equal(isPathIncluded(INTERNAL_PATH_RULES, path), included));
    }
    for (const { pattern, path, matches } of vectors.path_match_vectors) {
        it(`${pattern} and ${path}`, () => assert.equal(pathMatches(pattern, path), matches));
    }
    for (const { rules, path, included } of vectors.path_rule_order_vectors) {
        it(`${JSON.stringify(rules)} and ${path}`, () => {
            const { manifest } = parseManifest({
                ...{ version: '1.1.0', service_name: 'orders', instance_id: 'a1' },
                routing: { path_rules: rules },
            });
            assert.equal(isPathIncluded(manifest.routing.pathRules, path), included);
        });
    }
});
describe('raw document vectors', () => {
    for (const { document, go = '', go_prefix: prefix = '' } of vectors.raw_document_vectors) {
        it(document, () => {
            const error = parseManifest(document, { strict: true }).error ?? '';
            if (prefix !== '')
                assert.ok(error.startsWith(prefix), error);
            else if (go.startsWith('accepted as service_name'))
                assert.match(withVersion(document), /instance ID is required/);
            else if (go.startsWith('accepted by FromJSON'))
                assert.match(error, /^incompatible protocol version: manifest version ,/);
            else
                assert.equal(error, go);
        });
    }
    /** The fault that is found when the version is none. */
    function withVersion(document) {
        return parseManifest({ version: '1.1.0', ...JSON.parse(document) }).error ?? '';
    }
});
function sha256(data) {
    return createHash('sha256').update(data).digest('hex');
}
//# sourceMappingURL=vectors.test.js.map
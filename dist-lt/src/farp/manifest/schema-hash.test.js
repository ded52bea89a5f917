// Spellings beyond the shared vectors; the expected texts follow section 3.1 of the protocol.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { writeJson } from './canonical-json.js';
import { parseJsonTree } from './json-tree.js';
import { matchSchemaHash, schemaHash } from './schema-hash.js';
const GO = { sorted: true, escapes: 'html', numbers: 'double' };
const OLD_GO = { sorted: true, escapes: 'html-old', numbers: 'double' };
const SERDE = { sorted: true, escapes: 'plain', numbers: 'exact' };
function sha256(data) {
    return createHash('sha256').update(data).digest('hex');
}
describe('canonical JSON', () => {
    const cases = [
        ['html', '{"d":"a <b> & c"}', '{"d":"a \\u003cb\\u003e \\u0026 c"}', '{"d":"a <b> & c"}'],
        ['html in a name', '{"<":1}', '{"\\u003c":1}', '{"<":1}'],
        ['escaped slash', '"a\\/b"', '"a/b"', '"a/b"'],
        [
            'controls',
            '"\\u0001\\u0008\\u000c\\t\\u001f"',
            '"\\u0001\\b\\f\\t\\u001f"',
            '"\\u0001\\b\\f\\t\\u001f"',
        ],
        ['delete is no control', '"\u007f"', '"\u007f"', '"\u007f"'],
        ['whole floats', '[1.0,1e3,-0.0,100.50]', '[1,1000,-0,100.5]', '[1.0,1000.0,-0.0,100.5]'],
        ['minus zero', '-0', '-0', '-0.0'],
        ['large floats', '[1e21,1e20,1.5e300]', '[1e+21,100000000000000000000,1.5e+300]', '[1e21,1e20,1.5e300]'],
        ['small floats', '[1e-6,1e-7,0.00001]', '[0.000001,1e-7,0.00001]', '[1e-6,1e-7,0.00001]'],
        [
            'sixteen digits',
            '[1e15,1e16,123456.75]',
            '[1000000000000000,10000000000000000,123456.75]',
            '[1000000000000000.0,1e16,123456.75]',
        ],
        ['beyond 64 bits', '18446744073709551616', '18446744073709552000', '1.8446744073709552e19'],
        ['numeric names', '{"10":1,"9":2,"a":3}', '{"10":1,"9":2,"a":3}', '{"10":1,"9":2,"a":3}'],
        ['twice the same name', '{"a":1,"b":2,"a":3}', '{"a":3,"b":2}', '{"a":3,"b":2}'],
        ['__proto__', '{"__proto__":1}', '{"__proto__":1}', '{"__proto__":1}'],
        ['spaces', ' [ 1 , { } , [ ] ] ', '[1,{},[]]', '[1,{},[]]'],
    ];
    for (const [name, input, go, serde] of cases) {
        it(name, () => {
            const tree = parseJsonTree(input);
            assert.equal(writeJson(tree, GO), go);
            assert.equal(writeJson(tree, SERDE), serde);
        });
    }
    it('old Go writes two controls in another way', () => {
        assert.equal(writeJson(parseJsonTree('"\\b\\f\\\\b\\n"'), OLD_GO), '"\\u0008\\u000c\\\\b\\n"');
    });
    it('half a surrogate pair is U+FFFD, the text of its escape is not', () => {
        assert.equal(schemaHash('"\\ud800"'), sha256('"\ufffd"'));
        assert.equal(schemaHash('"\\\\ud800"'), sha256('"\\\\ud800"'));
    });
    it('a number that no float64 holds has no form', () => {
        assert.equal(writeJson(parseJsonTree('[1e999]'), GO), null);
        assert.equal(matchSchemaHash(Buffer.from('[1e999]'), 'f'.repeat(64)), null);
    });
    for (const text of [
        '',
        '{',
        '{"a"}',
        '{"a":1,}',
        '[1,]',
        '[1 2]',
        '01',
        '"\n"',
        "{'a':1}",
        '[1]]',
        '}',
        'nul',
    ])
        it(`${JSON.stringify(text)} is no JSON`, () => assert.equal(parseJsonTree(text), null));
    it('every document reads back as it was', () => {
        const document = { a: [1, 'x\u2028<', null, true, { '': [] }], é: -1.5e-9, '\u{1f600}': {} };
        const text = JSON.stringify(document, null, 2);
        for (const style of [GO, OLD_GO, SERDE])
            assert.deepEqual(JSON.parse(writeJson(parseJsonTree(text), style)), document);
    });
});
describe('matchSchemaHash', () => {
    const body = '{"b": 1.0, "a": "<"}\n';
    const forms = [
        ['body', body],
        ['body-line', '{"b": 1.0, "a": "<"}'],
        ['go', '{"a":"\\u003c","b":1}'],
        ['serde', '{"a":"<","b":1.0}'],
        ['go-struct', '{"b":1,"a":"\\u003c"}'],
        ['javascript', '{"b":1,"a":"<"}'],
    ];
    for (const [form, text] of forms)
        it(form, () => assert.equal(matchSchemaHash(Buffer.from(body), sha256(text)), form));
    it('what is not JSON has only its own hash', () => {
        const yaml = Buffer.from('openapi: 3.1.0\n');
        assert.equal(matchSchemaHash(yaml, sha256(yaml)), 'body');
        assert.equal(matchSchemaHash(yaml, sha256('openapi: 3.1.0')), 'body-line');
        assert.equal(matchSchemaHash(yaml, sha256('{"openapi":"3.1.0"}')), null);
    });
    it('a body that is a part of a larger buffer', () => {
        const part = Buffer.from(`xx${body}yy`).subarray(2, -2);
        assert.equal(matchSchemaHash(part, sha256('{"a":"<","b":1.0}')), 'serde');
    });
});
//# sourceMappingURL=schema-hash.test.js.map
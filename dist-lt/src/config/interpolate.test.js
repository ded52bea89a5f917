// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of the configuration
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolate } from './interpolate.js';
const env = { NAME: 'value', EMPTY: '', TRICK: '${NAME}', PORT: '8081' };
for (const [template, expected] of [
    ['plain', 'plain'],
    ['${NAME}', 'value'],
    ['a ${NAME} b ${PORT} c', 'a value b 8081 c'],
    ['${EMPTY}', ''],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${MISSING:-fallback}', 'fallback'],
    ['${MISSING:-}', ''],
    ['${NAME:-fallback}', 'value'],
    ['${NAME:?must be set}', 'value'],
    ['${MISSING:-${NAME}}', 'value'],
    ['${MISSING:-a${OTHER:-b}c}', 'abc'],
    ['$${NAME}', '${NAME}'],
    ['a$${b', 'a${b'],
    ['${TRICK}', '${NAME}'],
    ['$NAME $1 $$ 100$', '$NAME $1 $$ 100$'],
    ['$2b$10$abcdefghijklmnopqrstuv', '$2b$10$abcdefghijklmnopqrstuv'],
]) {
    test(`${template} becomes ${JSON.stringify(expected)}`, () => {
        const result = interpolate(template, env);
        assert.deepEqual(result.faults, []);
        assert.equal(result.text, expected);
    });
}
for (const [template, fault] of [
    ['${MISSING}', 'the environment variable MISSING is not set; set it, or give a default: ${MISSING:-…}'],
    [
        '${MISSING:?say where the database is}',
        'the environment variable MISSING is not set; say where the database is',
    ],
    ['${EMPTY:?must not be empty}', 'the environment variable EMPTY is not set; must not be empty'],
    ['${MISSING:?}', 'the environment variable MISSING is not set; set it, or give a default: ${MISSING:-…}'],
    ['${NAME', '"${" without "}"; write $${ for a literal ${'],
    ['${1st}', '"${…}" must be ${NAME}, ${NAME:-default} or ${NAME:?message}; write $${ for a literal ${'],
    ['${NAME-x}', '"${…}" must be ${NAME}, ${NAME:-default} or ${NAME:?message}; write $${ for a literal ${'],
    ['${}', '"${…}" must be ${NAME}, ${NAME:-default} or ${NAME:?message}; write $${ for a literal ${'],
]) {
    test(`${template} is refused`, () => {
        assert.deepEqual(interpolate(template, env).faults, [fault]);
    });
}
test('tells which variables a text refers to', () => {
    assert.deepEqual([...interpolate('${A:-x} ${NAME} ${B:-${C:-y}}', env).used], ['A', 'NAME', 'B', 'C']);
    assert.deepEqual([...interpolate('${NAME:-${UNUSED}}', env).used], ['NAME']);
});
//# sourceMappingURL=interpolate.test.js.map
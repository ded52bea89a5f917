import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textLine } from './text-line.js';
const TIME = '"timestamp":"2026-01-02T03:04:05.006Z"';
test('a message with its fields', () => {
    const json = `{"level":"warn",${TIME},"path":"a b","worker":3,"ok":true,"empty":"","message":"worker died"}`;
    assert.equal(textLine(json, false), '03:04:05.006 WARN  worker died path="a b" worker=3 ok=true empty=""\n');
});
test('a request', () => {
    const json = `{${TIME},"level":"info","message":"request","trace_id":"abc","method":"GET","path":"/a","status":200,` +
        '"duration_ms":1.25,"upstream":"users","bytes_sent":3}';
    assert.equal(textLine(json, false), '03:04:05.006 INFO  GET /a 200 1.25ms upstream=users bytes_sent=3\n');
});
test('colours only where asked for', () => {
    const json = `{${TIME},"level":"error","message":"broken","a":1}`;
    assert.equal(textLine(json, true), '03:04:05.006 \u001b[31mERROR\u001b[0m broken\u001b[2m a=1\u001b[0m\n');
});
test('a stack is shown line by line', () => {
    const json = `{${TIME},"level":"error","message":"broken","stack":"Error: x\\n    at y"}`;
    assert.equal(textLine(json, false), '03:04:05.006 ERROR broken\n    Error: x\n        at y\n');
});
test('nothing that acts on a terminal gets through', () => {
    const evil = '\u001b[2J\r\n\u0007\u009b31m\u202e\u2066';
    const json = JSON.stringify({
        timestamp: '2026-01-02T03:04:05.006Z',
        level: 'info',
        message: evil,
        key: evil,
        [evil]: 1,
        stack: `a${evil}`,
    });
    for (const line of textLine(json, false).split('\n'))
        assert.match(line, /^[ -~]*$/);
    assert.match(textLine(`no json ${evil.replace('\n', '')}`, false), /^[ -~]+\n$/);
});
//# sourceMappingURL=text-line.test.js.map
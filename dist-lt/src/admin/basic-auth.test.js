import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { BasicAuth } from './basic-auth.js';
const SLOW_HASH = hashSync('s3cret:with colon', 10);
const opened = [];
after(() => Promise.all(opened.map((auth) => auth.close())));
function open(passwordHash = SLOW_HASH) {
    const auth = new BasicAuth({ username: 'admin', passwordHash });
    opened.push(auth);
    return auth;
}
function basic(username, password) {
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
test('the right name with the right password, and nothing else', async () => {
    const auth = open();
    assert.equal(await auth.verify(basic('admin', 's3cret:with colon')), 'ok');
    assert.equal(await auth.verify(basic('admin', 's3cret:with colon').replace('Basic', 'basic')), 'ok');
    for (const wrong of [
        basic('admin', 's3cret'),
        basic('admin', ''),
        basic('Admin', 's3cret:with colon'),
        basic('', 's3cret:with colon'),
        basic('admin\0', 's3cret:with colon'),
    ]) {
        assert.equal(await auth.verify(wrong), 'denied', wrong);
    }
});
test('malformed credentials are denied without a comparison', async () => {
    const auth = open(hashSync('pw', 12));
    const before = performance.now();
    for (const value of [
        undefined,
        '',
        'Basic',
        'Basic ',
        'Basic !!!',
        'Bearer abc',
        `Basic ${Buffer.from('no colon').toString('base64')}`,
    ]) {
        assert.equal(await auth.verify(value), 'denied');
    }
    assert.ok(performance.now() - before < 250, 'one comparison would take longer');
});
test('hashes of other tools', async () => {
    for (const prefix of ['$2a$', '$2y$']) {
        const auth = open(hashSync('pw', 4).replace('$2b$', prefix));
        assert.equal(await auth.verify(basic('admin', 'pw')), 'ok', prefix);
    }
});
test('the placeholder of the examples lets nobody in', async () => {
    const auth = open('$2b$...');
    for (const password of ['', '$2b$...', 'admin'])
        assert.equal(await auth.verify(basic('admin', password)), 'denied');
});
test('answers are remembered, right and wrong ones', async () => {
    const auth = open();
    for (const password of ['s3cret:with colon', 'wrong']) {
        const first = await auth.verify(basic('admin', password));
        const before = performance.now();
        for (let count = 0; count < 200; count++)
            assert.equal(await auth.verify(basic('admin', password)), first);
        assert.ok(performance.now() - before < 3_000, '200 comparisons would take 10 s and more');
    }
});
test('comparing does not block the thread', async () => {
    const auth = open(hashSync('pw', 12));
    // The thread of the pool starts and loads its module first.
    await auth.verify(basic('admin', 'warm up'));
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
    }, 1);
    const before = performance.now();
    assert.equal(await auth.verify(basic('admin', 'pw')), 'ok');
    const took = performance.now() - before;
    clearInterval(timer);
    assert.ok(took > 100, `bcrypt with cost 12 takes longer than ${took} ms`);
    assert.ok(longest < took * 0.8, `blocked for ${longest} of ${took} ms`);
});
test('a flood of guesses is turned away instead of piling up', async () => {
    const auth = open();
    const results = await Promise.all(Array.from({ length: 100 }, (_, at) => auth.verify(basic('admin', `guess ${at}`))));
    assert.ok(!results.includes('ok'));
    const busy = results.filter((result) => result === 'busy').length;
    assert.ok(busy >= 80 && busy < 100, `${busy} busy`);
    assert.equal(await auth.verify(basic('admin', 's3cret:with colon')), 'ok');
});
test('the same credentials at the same time are compared once', async () => {
    const auth = open();
    const results = await Promise.all(Array.from({ length: 100 }, () => auth.verify(basic('admin', 's3cret:with colon'))));
    assert.deepEqual(new Set(results), new Set(['ok']));
});
//# sourceMappingURL=basic-auth.test.js.map
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from './endpoint.js';
import { isCidr, isHostName, parseHostPort, parsePercent, parseStatusRange } from './values.js';
test('shares are percentages or fractions up to one', () => {
    for (const [text, share] of [
        ['20%', 0.2],
        ['0%', 0],
        ['100%', 1],
        ['12.5 %', 0.125],
        [0.2, 0.2],
        ['1', 1],
    ]) {
        assert.equal(parsePercent(text), share, String(text));
    }
    for (const text of ['101%', '20', 20, '-1%', 'half', '%', '', '0.2.1'])
        assert.equal(parsePercent(text), null, String(text));
});
test('status ranges are single, ranges or classes', () => {
    assert.deepEqual(parseStatusRange(204), [204, 204]);
    assert.deepEqual(parseStatusRange('200-399'), [200, 399]);
    assert.deepEqual(parseStatusRange('200 - 399'), [200, 399]);
    assert.deepEqual(parseStatusRange('2xx'), [200, 299]);
    for (const text of ['399-200', '99', 600, '6xx', '200-', '20', 'ok', '', 200.5]) {
        assert.equal(parseStatusRange(text), null, String(text));
    }
});
test('address blocks', () => {
    for (const text of ['10.0.0.0/8', '192.168.1.1', '::1', 'fd00::/8', '0.0.0.0/0', '10.1.2.3/8'])
        assert.ok(isCidr(text), text);
    for (const text of ['10.0.0.0/33', '10.0.0/8', 'localhost', 'fd00::/129', '10.0.0.0/', '10.0.0.0/-1', '']) {
        assert.ok(!isCidr(text), text);
    }
});
test('host names', () => {
    for (const text of ['localhost', 'a.example.com', 'my_service', 'svc-1', '10.0.0.1', 'example.com.'])
        assert.ok(isHostName(text), text);
    for (const text of ['', '-a', 'a-', 'a..b', '10.0.0.256', '1.2.3', 'a b', 'a/b', `${'a'.repeat(64)}.com`]) {
        assert.ok(!isHostName(text), text);
    }
});
test('host and port', () => {
    assert.deepEqual(parseHostPort('Example.com:80'), { host: 'example.com', port: 80 });
    assert.deepEqual(parseHostPort('[::1]:80'), { host: '::1', port: 80 });
    assert.deepEqual(parseHostPort('10.0.0.2', 53), { host: '10.0.0.2', port: 53 });
    for (const text of [
        'example.com',
        '::1:80',
        '[10.0.0.1]:80',
        'a:65536',
        'a:',
        ':80',
        'a:b',
        '[::1',
        'http://a:80',
    ]) {
        assert.equal(parseHostPort(text), null, text);
    }
});
test('endpoints', () => {
    const localhost = { address: 'localhost:8081', host: 'localhost', port: 8081, tls: false };
    assert.deepEqual(parseEndpoint('localhost:8081'), localhost);
    assert.deepEqual(parseEndpoint('http://LOCALHOST:8081/'), localhost);
    assert.deepEqual(parseEndpoint('http://[::1]'), { address: '[::1]:80', host: '::1', port: 80, tls: false });
    assert.deepEqual(parseEndpoint('https://a'), { address: 'a:443', host: 'a', port: 443, tls: true });
    for (const [text, reason] of [
        ['ftp://a:21', /^the scheme ftp:\/\/ is not supported/],
        ['http://a/v1', /^an endpoint has no path/],
        ['a', /^the port is missing/],
        ['a:0', /^expected "host:port"/],
        ['http://me:pw@a:1', /^an endpoint has no user name/],
        ['::1:80', /^expected "host:port"/],
        ['', /^expected "host:port"/],
    ]) {
        const fault = parseEndpoint(text);
        assert.ok(typeof fault === 'string', text);
        assert.match(fault, reason);
    }
});
//# sourceMappingURL=values.test.js.map
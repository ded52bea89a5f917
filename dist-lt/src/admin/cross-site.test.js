import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCrossSite } from './cross-site.js';
const host = 'gateway:9090';
test('tools and own pages may', () => {
    assert.equal(isCrossSite({ host }), false);
    assert.equal(isCrossSite({ host, origin: 'http://gateway:9090' }), false);
    assert.equal(isCrossSite({ host: 'Gateway:80', origin: 'http://gateway' }), false);
    assert.equal(isCrossSite({ host, 'sec-fetch-site': 'same-origin', origin: 'http://gateway:9090' }), false);
    assert.equal(isCrossSite({ host, 'sec-fetch-site': 'none' }), false);
});
test('pages of other sites may not', () => {
    assert.equal(isCrossSite({ host, origin: 'http://evil.example' }), true);
    assert.equal(isCrossSite({ host, origin: 'http://gateway:9091' }), true);
    assert.equal(isCrossSite({ host, origin: 'null' }), true);
    assert.equal(isCrossSite({ host, origin: '' }), true);
    assert.equal(isCrossSite({ origin: 'http://gateway:9090' }), true);
    assert.equal(isCrossSite({ host, 'sec-fetch-site': 'cross-site' }), true);
    assert.equal(isCrossSite({ host, 'sec-fetch-site': 'same-site', origin: 'http://gateway:9090' }), true);
});
//# sourceMappingURL=cross-site.test.js.map
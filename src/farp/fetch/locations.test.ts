import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestLocation, type Place, schemaLocation } from './locations.ts';

const REMOTE: Place = { host: '10.0.0.7', port: 8080, tls: false };
const LOCAL: Place = { host: '127.0.0.1', port: 8080, tls: false };
const NAMED: Place = { host: 'orders.internal', port: 8443, tls: true };

const schema = (text: string, place = REMOTE, allowedHosts: string[] = [], manifest: URL | null = null) =>
  schemaLocation(text, place, manifest, { allowedHosts }).href;

test('a path is one at the instance', () => {
  assert.equal(schema('/openapi.json'), 'http://10.0.0.7:8080/openapi.json');
  assert.equal(schema('/a?b=c', NAMED), 'https://orders.internal:8443/a?b=c');
  assert.equal(schema('/x', { host: 'fd00::7', port: 80, tls: false }), 'http://[fd00::7]/x');
});

test('localhost of a service elsewhere means that service (15.4)', () => {
  assert.equal(schema('http://localhost:9090/s'), 'http://10.0.0.7:9090/s');
  assert.equal(schema('http://127.0.0.1:9090/s'), 'http://10.0.0.7:9090/s');
  assert.equal(manifestLocation('http://[::1]:9090/m', REMOTE).href, 'http://10.0.0.7:9090/m');
  assert.equal(manifestLocation('http://localhost:9090/m', LOCAL).href, 'http://localhost:9090/m');
});

test('a schema is at the instance, at its manifest or at an allowed host, on any port', () => {
  assert.equal(schema('http://10.0.0.7:1/s'), 'http://10.0.0.7:1/s');
  assert.equal(schema('http://localhost:9/s', LOCAL), 'http://localhost:9/s');
  assert.equal(schema('https://ORDERS.internal./s', NAMED), 'https://orders.internal./s');
  assert.equal(schema('http://cdn.test/s', REMOTE, ['cdn.test']), 'http://cdn.test/s');
  assert.equal(schema('http://a.cdn.test/s', REMOTE, ['*.cdn.test']), 'http://a.cdn.test/s');
  assert.equal(
    schema('http://m.test/s', REMOTE, [], new URL('http://m.test/_farp/manifest')),
    'http://m.test/s',
  );
});

test('other hosts, schemes and passwords are refused', () => {
  const refused: [string, RegExp][] = [
    ['http://169.254.169.254/latest', /not the host of the instance/],
    ['http://10.0.0.8/s', /not the host of the instance/],
    ['//10.0.0.8/s', /not the host of the instance/],
    ['\\\\10.0.0.8\\s', /not the host of the instance/],
    ['http://10.0.0.7.evil.test/s', /not the host of the instance/],
    ['http://cdn.test.evil.test/s', /not the host of the instance/],
    ['http://cdn.test@10.0.0.8/s', /user name/],
    ['http://user:pass@10.0.0.7/s', /user name/],
    ['file:///etc/passwd', /file: is not supported/],
    ['http://[', /no valid URL/],
  ];
  for (const [text, reason] of refused)
    assert.throws(() => schema(text, REMOTE, ['cdn.test', '*.cdn.test']), reason, text);
});

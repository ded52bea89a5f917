import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, loadYaml, warningsOf } from '../../test/support/config-files.ts';

const TLS = 'tls: { enabled: true, cert: a.pem, key: a.key';

test('each part that the engine uws does not serve is refused where it stands', async () => {
  const errors = await errorsOf(`
server:
  engine: uws
  http2: { enabled: true }
tls:
  enabled: true
  cert: a.pem
  key: a.key
  ocsp: a.der
  client_ca: ca.pem
  min_version: "1.3"
  certificates:
    - { cert: b.pem, key: b.key, ocsp: b.der }
routing: { websocket: { idle_timeout: 1m } }
upstreams: [{ name: a, endpoints: ["a:1"] }]
routes:
  - { path: /a, upstream: a, websocket: true }
`);
  assert.deepEqual(
    errors.map((error) => error.replace(/^[\d:]+ (\S+): the engine uws .*; use "engine: builtin"$/, '$1')),
    [
      'server.http2.enabled',
      'tls.ocsp',
      'tls.client_ca',
      'tls.min_version',
      'tls.certificates[0].ocsp',
      'routing.websocket',
      'routes[0].websocket',
    ],
  );
});

test('what is off, or on by default, is nothing to refuse; TLS itself neither', async () => {
  const yaml = `
server: { engine: uws, http2: { enabled: false } }
${TLS}, redirect_http: true }
upstreams: [{ name: a, endpoints: ["a:1"] }]
routes:
  - { path: /a, upstream: a, websocket: false }
`;
  assert.deepEqual(await errorsOf(yaml), []);
  const { inactive } = await loadYaml(yaml);
  assert.match(inactive.join(), /engine uws serves HTTP\/1.1 only: no HTTP\/2, gRPC, WebSocket/);
});

test('settings for which it has rules of its own are warnings', async () => {
  const warnings = await warningsOf(`
server: { engine: uws }
${TLS}, session_timeout: 1h, ticket_rotation: 1h, handshake: { timeout: 1s } }
`);
  assert.deepEqual(
    warnings.map((warning) => warning.replace(/^[\d:]+ /, '')),
    ['session_timeout', 'ticket_rotation', 'handshake'].map(
      (key) => `tls.${key} has no effect with the engine uws`,
    ),
  );
});

test('with the built-in engine all of it is fine', async () => {
  assert.deepEqual(await errorsOf(`${TLS}, min_version: "1.3", session_timeout: 1h }`), []);
});

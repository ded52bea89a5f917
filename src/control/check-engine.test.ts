import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListenError } from '../../native-bindings/listen-error.ts';
import { checkEngine } from './check-engine.ts';

const listeners = { host: '127.0.0.1', port: 8080, tlsPort: 8443 };

test('the engine uws is refused with TLS, the built-in one is not', () => {
  checkEngine('builtin', listeners);
  assert.throws(
    () => checkEngine('uws', listeners),
    (error) => error instanceof ListenError && /plain HTTP only; use "engine: builtin"/.test(error.message),
  );
});

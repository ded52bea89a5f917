import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authority } from '../../../test/support/certificates.ts';
import type { ServerCertificate, TlsSettings } from '../../shared/tls-settings.ts';
import { TlsContexts } from '../tls/contexts.ts';
import type { UwsModule, UwsNative } from './binding.ts';
import type { UwsShared } from './exchange.ts';
import { createTlsApp } from './tls-app.ts';
import { UwsTls } from './tls-view.ts';

const authority = await Authority.create();
const skip = authority === null && 'no openssl to make certificates with';

function contexts(
  certificates: readonly (Pick<ServerCertificate, 'cert' | 'key' | 'hosts'> & { ocsp?: Uint8Array })[],
  other: Partial<TlsSettings> = {},
): TlsContexts {
  return new TlsContexts({
    certificates: certificates.map((one) => ({ ocsp: null, ...one })),
    minVersion: 'TLSv1.2',
    ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256',
    alpn: ['http/1.1'],
    clientCa: '',
    clientAuth: 'none',
    forwardClientCert: false,
    strictHost: true,
    sessionTimeout: 1000,
    handshakeTimeout: 1000,
    handshakeLimit: 10,
    digest: '',
    ...other,
  });
}

test('B15: a connection serves the hosts that get the certificate it was shown', { skip }, () => {
  const one = authority!.issue('a.test');
  const settings = [
    { ...one, hosts: ['a.test', 'own.b.test'] },
    { ...one, hosts: ['b.test', '*.b.test'] },
  ];
  const strict = contexts(settings);
  const byDefault = new UwsTls(strict, strict.default);
  const byName = new UwsTls(strict, strict.find('b.test'));
  const hosts = ['a.test', 'own.b.test', 'x.b.test', 'b.test', 'unknown.test', ''];
  assert.deepEqual(
    hosts.filter((host) => byDefault.serves(host)),
    ['a.test', 'own.b.test', 'unknown.test', ''],
  );
  assert.deepEqual(
    hosts.filter((host) => byName.serves(host)),
    ['own.b.test', 'x.b.test', 'b.test'],
  );
  const lenient = contexts(settings, { strictHost: false });
  assert.ok(hosts.every((host) => new UwsTls(lenient, lenient.default).serves(host)));
});

test('what µWebSockets.js would leave out in silence is refused', { skip }, () => {
  const never: UwsNative = {
    module: {} as UwsModule,
    withFiles: () => assert.fail('it was asked'),
  };
  const refused = (made: TlsContexts, reason: RegExp): void => {
    assert.throws(() => createTlsApp(never, {} as UwsShared, made, () => 0), reason);
  };
  const fine = { ...authority!.issue('a.test'), hosts: ['a.test'] };
  const odd = { ...authority!.issue('odd.test', { key: 'ed25519' }), hosts: ['odd.test'] };
  refused(contexts([fine, odd]), /keys of RSA and .* P-521, not that of CN=odd.test; use "engine: builtin"/);
  refused(contexts([{ ...fine, ocsp: new Uint8Array(1) }]), /tls.ocsp/);
  refused(contexts([fine], { minVersion: 'TLSv1.3' }), /tls.min_version/);
  refused(contexts([fine], { clientAuth: 'optional', clientCa: authority!.cert }), /tls.client_ca/);
});

import { X509Certificate } from 'node:crypto';
import type { CertificateContext, TlsContexts } from '../tls/contexts.ts';
import type { UwsApp, UwsModule, UwsNative, UwsTlsOptions } from './binding.ts';
import { UwsEntrance } from './entrance.ts';
import type { UwsShared } from './exchange.ts';
import { UwsTls } from './tls-view.ts';

/** Curves of keys with which BoringSSL signs; RSA is the other kind. */
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const OR_BUILTIN = 'use "engine: builtin"';

/**
 * An app of µWS with the certificates of one generation; it does not listen yet.
 *
 * @throws Error when it cannot serve what the settings ask for
 */
export function createTlsApp(
  { module, withFiles }: UwsNative,
  shared: UwsShared,
  contexts: TlsContexts,
  port: () => number,
): UwsApp {
  refuseUnknown(contexts);
  const { settings } = contexts;
  const texts = settings.certificates.flatMap(({ cert, key }) => [cert, key]);
  return withFiles(texts, (paths) => {
    const optionsOf = (context: CertificateContext): UwsTlsOptions => {
      const index = settings.certificates.indexOf(context.certificate);
      return {
        cert_file_name: paths[2 * index]!,
        key_file_name: paths[2 * index + 1]!,
        ssl_ciphers: settings.ciphers,
      };
    };
    const entrances = new Map<CertificateContext, UwsEntrance>();
    const entranceOf = (context: CertificateContext): UwsEntrance => {
      const known = entrances.get(context);
      if (known !== undefined) return known;
      const entrance = new UwsEntrance(shared, new UwsTls(contexts, context), port);
      entrances.set(context, entrance);
      return entrance;
    };
    const app = newApp(module, optionsOf(contexts.default));
    entranceOf(contexts.default).open(app);
    for (const [name, context] of contexts.byName) {
      if (!needsDomain(contexts, name, context)) continue;
      entranceOf(context).open(app.addServerName(name, optionsOf(context)).domain(name));
    }
    return app;
  });
}

function newApp(module: UwsModule, options: UwsTlsOptions): UwsApp {
  try {
    return module.SSLApp(options);
  } catch {
    // It gives no reason. Certificate and key were checked by others before.
    throw new Error(`tls: µWebSockets.js refuses tls.ciphers or tls.cert; ${OR_BUILTIN}`);
  }
}

/** Names of the default certificate need to be told only where another one's wildcard would catch them. */
function needsDomain(
  { byName, default: fallback }: TlsContexts,
  name: string,
  context: CertificateContext,
): boolean {
  return context !== fallback || byName.has(`*${name.slice(name.indexOf('.'))}`);
}

/** The configuration was checked for most of this as well, but it may say that it is for another engine. */
function refuseUnknown({ settings }: TlsContexts): void {
  const { certificates, clientAuth, minVersion } = settings;
  if (clientAuth !== 'none')
    throw new Error(`tls.client_ca: the engine uws asks for no client certificates; ${OR_BUILTIN}`);
  if (minVersion !== 'TLSv1.2')
    throw new Error(`tls.min_version: the engine uws always speaks TLS 1.2 too; ${OR_BUILTIN}`);
  for (const { cert, ocsp } of certificates) {
    if (ocsp !== null) throw new Error(`tls.ocsp: the engine uws staples nothing; ${OR_BUILTIN}`);
    // A certificate that BoringSSL does not take would silently be left out, and the default one shown instead.
    const { subject, publicKey } = new X509Certificate(cert);
    const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
    const usable =
      asymmetricKeyType === 'rsa' ||
      (asymmetricKeyType === 'ec' && CURVES.has(asymmetricKeyDetails?.namedCurve ?? ''));
    if (!usable) {
      const who = subject.replaceAll('\n', ', ');
      throw new Error(
        `tls: the engine uws takes keys of RSA and of the curves P-256, P-384 and P-521, not that of ${who}; ${OR_BUILTIN}`,
      );
    }
  }
}

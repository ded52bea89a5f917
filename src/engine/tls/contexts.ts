import { createHash, X509Certificate } from 'node:crypto';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls';
import type { ServerCertificate, TlsSettings } from '../../shared/tls-settings.ts';
import { HostNames } from './host-names.ts';

/** Binds sessions to what the client had to prove: they must not outlive another client CA. */
const SESSION_CONTEXT_BYTES = 32;

/** One certificate, ready to be used. */
export interface CertificateContext {
  readonly certificate: ServerCertificate;
  readonly context: SecureContext;
  readonly names: HostNames;
}

/** The certificates of one generation, by the name that a client asks for (SNI). Made once; handshakes only look up. */
export class TlsContexts {
  readonly settings: TlsSettings;
  /** OCSP responses by the DER of their certificate, base64. */
  readonly staples = new Map<string, Buffer>();
  /** For clients that name no host, or one that nobody has. */
  readonly default: CertificateContext;
  /** By exact name and by wildcard. */
  readonly byName: ReadonlyMap<string, CertificateContext>;

  /** @throws Error when OpenSSL refuses a certificate, a key or the cipher list */
  constructor(settings: TlsSettings) {
    this.settings = settings;
    const contexts = settings.certificates.map((certificate) => this.#context(certificate));
    this.default = contexts[0]!;
    const byName = new Map<string, CertificateContext>();
    this.byName = byName;
    settings.certificates.forEach(({ hosts, cert, ocsp }, index) => {
      for (const host of hosts) if (!byName.has(host)) byName.set(host, contexts[index]!);
      if (ocsp !== null)
        this.staples.set(new X509Certificate(cert).raw.toString('base64'), Buffer.from(ocsp));
    });
  }

  /** The exact name, then the wildcard, then the default. @param serverName lower case; `''` when the client named none */
  find(serverName: string): CertificateContext {
    const exact = this.byName.get(serverName);
    if (exact !== undefined) return exact;
    const dot = serverName.indexOf('.');
    return (dot > 0 ? this.byName.get(`*${serverName.slice(dot)}`) : undefined) ?? this.default;
  }

  /** For a `tls.Server` that asks `find` for everybody who names a host. */
  serverOptions(ticketKeys: Uint8Array): TlsOptions {
    const { settings } = this;
    const { clientCa, clientAuth } = settings;
    return {
      ...this.#contextOptions(settings.certificates[0]!),
      ticketKeys: Buffer.from(ticketKeys),
      ALPNProtocols: [...settings.alpn],
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
      handshakeTimeout: settings.handshakeTimeout,
      sessionTimeout: Math.ceil(settings.sessionTimeout / 1000),
      sessionIdContext: createHash('sha256')
        .update(`${clientAuth}\n${clientCa}`)
        .digest('hex')
        .slice(0, SESSION_CONTEXT_BYTES),
      SNICallback: (name, done) => done(null, this.find(name.toLowerCase()).context),
    };
  }

  #context(certificate: ServerCertificate): CertificateContext {
    return {
      certificate,
      context: createSecureContext(this.#contextOptions(certificate)),
      names: new HostNames(certificate.hosts),
    };
  }

  #contextOptions({ cert, key }: ServerCertificate): SecureContextOptions {
    const { minVersion, ciphers, clientCa } = this.settings;
    return { cert, key, minVersion, ciphers, ...(clientCa === '' ? {} : { ca: clientCa }) };
  }
}

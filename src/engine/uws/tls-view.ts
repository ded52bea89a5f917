import type { ConnectionTls } from '../client-tls.ts';
import type { CertificateContext, TlsContexts } from '../tls/contexts.ts';

/**
 * The TLS side of connections that were shown one certificate. µWS tells nothing about a connection, but which of the
 * certificates the client has got.
 */
export class UwsTls implements ConnectionTls {
  readonly serverName = '';
  readonly version = '';
  readonly cipher = '';
  readonly alpn = '';
  readonly resumed = false;
  readonly certificate = null;
  readonly forwardedCertificate = '';
  readonly #contexts: TlsContexts;
  readonly #shown: CertificateContext;
  #lastHost = '';

  constructor(contexts: TlsContexts, shown: CertificateContext) {
    this.#contexts = contexts;
    this.#shown = shown;
  }

  /** Rule B15: the hosts for which a client would have been shown the same certificate, and all others that it covers. */
  serves(host: string): boolean {
    if (host === this.#lastHost) return true;
    const strict = this.#contexts.settings.strictHost;
    if (strict && this.#contexts.find(host) !== this.#shown && !this.#shown.names.covers(host)) return false;
    this.#lastHost = host;
    return true;
  }
}

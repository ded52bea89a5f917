import type { TLSSocket } from 'node:tls';
import type { ClientCertificate, ClientTlsView } from '../plugins/api.ts';
import type { HostNames } from './tls/host-names.ts';

/** The TLS side of a client connection. */
export interface ConnectionTls extends ClientTlsView {
  /** Rule B15: whether the connection may carry requests for a host. @param host lower case, without port */
  serves(host: string): boolean;
  /** Value of Client-Cert (RFC 9440 section 2.2): a structured byte sequence; `''` when none is to be forwarded. */
  readonly forwardedCertificate: string;
}

/** What Node knows about the TLS side of a client connection. Reads from the socket only what somebody asks for. */
export class ClientTls implements ConnectionTls {
  /** Lower case; `''` when the client named no host. */
  readonly serverName: string;
  readonly #socket: TLSSocket;
  /** Null: any host may be asked for. */
  readonly #names: HostNames | null;
  readonly #forwards: boolean;
  #lastHost = '';
  #certificate: ClientCertificate | null | undefined = undefined;
  #forwarded: string | undefined = undefined;

  /**
   * @param names those of the certificate that the client was shown; null switches `serves` off
   * @param forwards endpoints shall see the client's certificate
   */
  constructor(socket: TLSSocket, serverName: string, names: HostNames | null, forwards: boolean) {
    this.#forwards = forwards;
    this.#socket = socket;
    this.serverName = serverName;
    this.#names = names;
  }

  /**
   * A client that named a host in its handshake may ask
   * for that one, and for the others that the certificate covers (RFC 9113 section 9.1.1).
   */
  serves(host: string): boolean {
    if (host === this.serverName || host === this.#lastHost) return true;
    if (this.#names === null || this.serverName === '' || this.#names.covers(host)) {
      this.#lastHost = host;
      return true;
    }
    return false;
  }

  get version(): string {
    return this.#socket.getProtocol() ?? '';
  }

  get cipher(): string {
    return this.#socket.getCipher()?.name ?? '';
  }

  get alpn(): string {
    return this.#socket.alpnProtocol || '';
  }

  get resumed(): boolean {
    return this.#socket.isSessionReused();
  }

  get certificate(): ClientCertificate | null {
    if (this.#certificate === undefined) this.#certificate = readCertificate(this.#socket);
    return this.#certificate;
  }

  get forwardedCertificate(): string {
    if (this.#forwarded === undefined) {
      const x509 =
        this.#forwards && this.#socket.authorized ? this.#socket.getPeerX509Certificate() : undefined;
      this.#forwarded = x509 === undefined ? '' : `:${x509.raw.toString('base64')}:`;
    }
    return this.#forwarded;
  }
}

/** Only certificates that the configured authorities vouch for are an identity. */
function readCertificate(socket: TLSSocket): ClientCertificate | null {
  const x509 = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (x509 === undefined) return null;
  return {
    subject: x509.subject,
    issuer: x509.issuer,
    subjectAltName: x509.subjectAltName ?? '',
    serialNumber: x509.serialNumber,
    fingerprint256: x509.fingerprint256,
    validFrom: x509.validFrom,
    validTo: x509.validTo,
    pem: x509.toString(),
  };
}

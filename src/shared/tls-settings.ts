/** What the primary tells the workers about TLS. Survives structured clone; keys are never logged or shown. */

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';
export type ClientAuth = 'none' | 'optional' | 'required';

/** TLS towards clients. Times in milliseconds. */
export interface TlsSettings {
  /** The first one is for clients that name no host, or one that nobody has. */
  readonly certificates: readonly ServerCertificate[];
  readonly minVersion: TlsVersion;
  /** OpenSSL notation, for TLS 1.2; TLS 1.3 has its own fixed ones. */
  readonly ciphers: string;
  readonly alpn: readonly string[];
  /** PEM of the authorities of client certificates; `''` without client certificates. */
  readonly clientCa: string;
  readonly clientAuth: ClientAuth;
  /** Endpoints get the client's certificate as `Client-Cert` (RFC 9440). */
  readonly forwardClientCert: boolean;
  /** Rule B15: 421 for hosts that the certificate of the connection does not cover. */
  readonly strictHost: boolean;
  readonly sessionTimeout: number;
  readonly handshakeTimeout: number;
  /** Handshakes under way at once in the whole gateway; each worker takes its equal share. */
  readonly handshakeLimit: number;
  /** Equal digests mean equal settings, certificates included. */
  readonly digest: string;
}

export interface ServerCertificate {
  /** PEM, leaf first. */
  readonly cert: string;
  readonly key: string;
  /** Lower case; `*.` in front stands for one label. */
  readonly hosts: readonly string[];
  /** DER of an OCSP response to staple, null if there is none. */
  readonly ocsp: Uint8Array | null;
}

/** PEM files for connections to endpoints, by the digest that the upstream's record names. */
export type UpstreamCredentials = Readonly<Record<string, Credentials>>;

/** `''` where there is none. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Name and two keys of session tickets, as OpenSSL wants them. */
export const TICKET_KEY_BYTES = 48;

/** How handshakes end, as the metric tells it. */
export type HandshakeResult =
  | 'full'
  | 'resumed'
  /** Nothing in common: version, cipher, ALPN. */
  | 'no_overlap'
  /** A client certificate is missing or nobody vouches for it. */
  | 'client_certificate'
  | 'timeout'
  /** The client went away; also how one says that it does not like our certificate and hangs up. */
  | 'closed'
  /** What came is no TLS. */
  | 'not_tls'
  /** The client sent an alert, mostly because it does not trust our certificate. */
  | 'alert'
  | 'failed'
  /** Over the limit of handshakes at once. */
  | 'refused';

const BY_CODE: Readonly<Record<string, HandshakeResult>> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  ERR_SSL_HTTP_REQUEST: 'not_tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not_tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not_tls',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'no_overlap',
  ERR_SSL_VERSION_TOO_LOW: 'no_overlap',
  ERR_SSL_NO_SHARED_CIPHER: 'no_overlap',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'no_overlap',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no_overlap',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'client_certificate',
};

export function handshakeFailure({ code = '' }: NodeJS.ErrnoException): HandshakeResult {
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  return /ALERT/.test(code) ? 'alert' : 'failed';
}

const BY_CODE = {
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
export function handshakeFailure({ code = '' }) {
    const known = BY_CODE[code];
    if (known !== undefined)
        return known;
    return /ALERT/.test(code) ? 'alert' : 'failed';
}
//# sourceMappingURL=handshake-result.js.map
/** `tls`: HTTPS towards clients, and `tls` of an upstream: TLS towards endpoints. */
import { z } from 'zod';
import { isHostName } from '../values.js';
import { flag, oneOf, port, positiveDuration, text, whole } from './scalars.js';
const filePath = () => text('the path of a file', (value) => value.trim() !== '');
/**
 * What Mozilla calls intermediate: forward secrecy and authenticated encryption only. TLS 1.3 has its own suites, which
 * all qualify.
 */
const DEFAULT_CIPHERS = [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');
const certificateHost = () => text('a host name, or one with *. in front', (value) => isHostName(value.startsWith('*.') ? value.slice(2) : value), (value) => value.toLowerCase());
const certificateFiles = {
    cert: filePath().describe('Certificate chain, PEM, leaf first.'),
    key: filePath().describe('Private key, PEM, without password.'),
    ocsp: filePath()
        .optional()
        .describe('OCSP response, DER, stapled for clients that ask; whoever renews it writes it here.'),
};
const certificate = z.strictObject({
    ...certificateFiles,
    hosts: z
        .array(certificateHost())
        .min(1, { error: 'expected at least one host' })
        .optional()
        .describe('Hosts it is used for, `*.example.com` for one label. Default: the names in the certificate.'),
});
const handshake = z.strictObject({
    timeout: positiveDuration().prefault('10s').describe('Time in which a TLS handshake must be complete.'),
    max_pending: whole(1, 1_000_000)
        .prefault(2_000)
        .describe('Most handshakes under way at once in the whole gateway, shared equally by the workers; further connections are closed.'),
});
export const tlsSchema = z.strictObject({
    enabled: flag().prefault(false).describe('Serves HTTPS on `server.https_port`. See [tls.md](tls.md).'),
    cert: certificateFiles.cert
        .optional()
        .describe('Certificate chain, PEM, leaf first: for clients that name no host, or one without a certificate of its own.'),
    key: certificateFiles.key.optional().describe('Its private key, PEM, without password.'),
    ocsp: certificateFiles.ocsp,
    certificates: z
        .array(certificate)
        .prefault([])
        .describe('Further certificates, chosen by the host that a client names (SNI). Without `cert` the first is the default.'),
    min_version: oneOf(['1.2', '1.3']).prefault('1.2').describe('Oldest TLS version.'),
    ciphers: text('a list of ciphers in OpenSSL notation', (value) => /^[\w:+!@=.-]+$/.test(value))
        .prefault(DEFAULT_CIPHERS)
        .describe('Ciphers for TLS 1.2; those of TLS 1.3 are fixed.'),
    client_ca: filePath()
        .optional()
        .describe('Certificates of the authorities of client certificates, PEM. Asks clients for one.'),
    client_auth: oneOf(['required', 'optional'])
        .optional()
        .describe('Whether clients without certificate are served; one that nobody vouches for never is. Default: required.'),
    forward_client_cert: flag()
        .prefault(false)
        .describe('Endpoints get the client certificate in the field `Client-Cert` (RFC 9440).'),
    strict_host: flag()
        .prefault(true)
        .describe('Answers 421 to requests for a host that is neither the one named in the handshake nor covered by its certificate.'),
    redirect_http: z
        .union([flag(), port().min(1)], { error: 'expected true, false or a port' })
        .prefault(false)
        .describe('Plain requests are redirected to HTTPS with 308, to `server.https_port` or the port given here; `/.well-known/acme-challenge/` is not.'),
    session_timeout: positiveDuration().prefault('1h').describe('How long a session can be resumed.'),
    ticket_rotation: positiveDuration()
        .prefault('12h')
        .describe('The keys of session tickets, which all workers share, are replaced this often.'),
    handshake: handshake.prefault({}).describe('Limits of TLS handshakes.'),
});
export const upstreamTlsSchema = z.strictObject({
    ca: filePath()
        .optional()
        .describe('Only certificates of these authorities are trusted, PEM. Default: those of the system.'),
    cert: filePath().optional().describe('Client certificate shown to the endpoints, PEM.'),
    key: filePath().optional().describe('Its private key, PEM, without password.'),
    server_name: text('a host name', isHostName)
        .optional()
        .describe('Host named in the handshake (SNI) and expected in the certificate. Default: that of the endpoint.'),
    verify: flag()
        .prefault(true)
        .describe('Checks the certificate of the endpoint. `false` protects against listeners only.'),
});
//# sourceMappingURL=tls.js.map
import { placeOf, placeOfKey } from './tree.js';
export function checkTls(tls, httpsPort, root, problems) {
    const error = (key, message) => problems.error(placeOfKey(root, ['tls', key]), message);
    if (!tls.enabled)
        return;
    const one = tls.cert ?? tls.key;
    if (one === undefined && tls.certificates.length === 0) {
        for (const key of ['cert', 'key']) {
            problems.error(placeOf(root, ['tls']), `tls: "${key}" is missing; enabled TLS needs cert and key`);
        }
    }
    else if ((tls.cert === undefined) !== (tls.key === undefined)) {
        const missing = tls.cert === undefined ? 'cert' : 'key';
        problems.error(placeOf(root, ['tls']), `tls: "${missing}" is missing; enabled TLS needs cert and key`);
    }
    if (tls.ocsp !== undefined && tls.cert === undefined) {
        error('ocsp', 'tls.ocsp has no effect without tls.cert; put it beside the certificate it is for');
    }
    if (tls.redirect_http === true && httpsPort === 0) {
        error('redirect_http', 'tls.redirect_http: say the port, because server.https_port is 0');
    }
    if (tls.client_ca !== undefined)
        return;
    if (tls.client_auth !== undefined) {
        error('client_auth', 'tls.client_auth has no effect without tls.client_ca, the authorities to trust');
    }
    if (tls.forward_client_cert) {
        error('forward_client_cert', 'tls.forward_client_cert has no effect without tls.client_ca');
    }
}
//# sourceMappingURL=tls-check.js.map
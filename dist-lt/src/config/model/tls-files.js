/** Which files the `tls` settings name. They are read when the gateway starts: `validate` runs on other machines too. */
import path from 'node:path';
import { formatPlace } from '../problems.js';
import { placeOf } from '../tree.js';
export function tlsFiles(tls, upstreams, root) {
    const fileAt = (spec, at) => {
        const place = placeOf(root, at);
        return {
            file: path.resolve(path.dirname(place.source.name), spec),
            name: `${formatPlace(place)}: ${nameOf(at)}`,
        };
    };
    const optional = (spec, at) => spec === undefined ? null : fileAt(spec, at);
    const certificates = [];
    if (tls?.enabled && tls.cert !== undefined && tls.key !== undefined) {
        certificates.push({
            cert: fileAt(tls.cert, ['tls', 'cert']),
            key: fileAt(tls.key, ['tls', 'key']),
            ocsp: optional(tls.ocsp, ['tls', 'ocsp']),
            hosts: [],
        });
    }
    if (tls?.enabled) {
        for (const [index, { cert, key, ocsp, hosts }] of tls.certificates.entries()) {
            const at = ['tls', 'certificates', index];
            certificates.push({
                cert: fileAt(cert, [...at, 'cert']),
                key: fileAt(key, [...at, 'key']),
                ocsp: optional(ocsp, [...at, 'ocsp']),
                hosts: hosts ?? [],
            });
        }
    }
    return {
        certificates,
        clientCa: tls?.enabled ? optional(tls.client_ca, ['tls', 'client_ca']) : null,
        upstreams: upstreams.flatMap(({ value, path: at }) => {
            const { name, tls: own } = value;
            if (own === undefined)
                return [];
            return {
                upstream: name,
                ca: optional(own.ca, [...at, 'tls', 'ca']),
                cert: optional(own.cert, [...at, 'tls', 'cert']),
                key: optional(own.key, [...at, 'tls', 'key']),
            };
        }),
    };
}
/** Every file, for the watcher. */
export function allTlsFiles({ certificates, clientCa, upstreams }) {
    const files = [
        clientCa,
        ...certificates.flatMap(({ cert, key, ocsp }) => [cert, key, ocsp]),
        ...upstreams.flatMap(({ ca, cert, key }) => [ca, cert, key]),
    ];
    return files.flatMap((one) => (one === null ? [] : one.file));
}
/** `tls.certificates[1].key` */
function nameOf(at) {
    return at.reduce((name, step) => {
        if (typeof step === 'number')
            return `${name}[${step}]`;
        return name === '' ? String(step) : `${name}.${String(step)}`;
    }, '');
}
//# sourceMappingURL=tls-files.js.map
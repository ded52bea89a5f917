/** Checks a certificate and its key before any worker sees them. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
/** A certificate that expires within this time is worth a warning. Milliseconds. */
const SOON = 14 * 24 * 3_600_000;
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** @throws Error that says what is wrong with the certificate, in one sentence part */
export function readChain(pem) {
    const blocks = pem.match(PEM_BLOCK);
    if (blocks === null)
        throw new Error('holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)');
    return blocks.map((block, index) => {
        try {
            return new X509Certificate(block);
        }
        catch {
            throw new Error(`certificate ${index + 1} of the file is malformed`);
        }
    });
}
/** @throws Error like `readChain` */
export function checkKey(pem, leaf) {
    let key;
    try {
        key = createPrivateKey(pem);
    }
    catch (error) {
        const { code } = error;
        if (code === 'ERR_MISSING_PASSPHRASE' || /ENCRYPTED/.test(pem)) {
            throw new Error('is protected by a password; write it without one, readable for the gateway only');
        }
        throw new Error('holds no private key in PEM form');
    }
    if (!leaf.checkPrivateKey(key)) {
        const kind = createPublicKey(key).asymmetricKeyType ?? 'other';
        throw new Error(`does not belong to the certificate (it is another ${kind} key)`);
    }
}
/** @param now `Date.now()` */
export function describeLeaf(leaf, now) {
    const hosts = hostsOf(leaf);
    const warnings = [];
    const from = Date.parse(leaf.validFrom);
    const to = Date.parse(leaf.validTo);
    if (now > to)
        warnings.push(`expired on ${leaf.validTo}`);
    else if (now < from)
        warnings.push(`is not valid before ${leaf.validFrom}`);
    else if (to - now < SOON)
        warnings.push(`expires on ${leaf.validTo}`);
    return { hosts, warnings };
}
/** The DNS names; the common name only where there are none, as clients once did. */
function hostsOf(leaf) {
    const names = [...(leaf.subjectAltName ?? '').matchAll(/DNS:([^,\s"]+)/g)].map((match) => match[1]);
    if (names.length === 0) {
        const common = /^CN=(.+)$/m.exec(leaf.subject)?.[1];
        if (common !== undefined && /^[\w*.-]+$/.test(common))
            names.push(common);
    }
    return [...new Set(names.map((name) => name.toLowerCase()))];
}
//# sourceMappingURL=certificate.js.map
/** Signatures of webhooks (protocol digest 9): `sha256=` and the HMAC-SHA256 of the raw body, in hexadecimal. */
import { createHmac, timingSafeEqual } from 'node:crypto';
export function signatureOf(secret, body) {
    return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
/** In constant time. An empty secret signs nothing. */
export function verifySignature(secret, body, signature) {
    if (secret === '')
        return false;
    const expected = Buffer.from(signatureOf(secret, body));
    const stated = Buffer.from(signature.trim().toLowerCase());
    return stated.length === expected.length && timingSafeEqual(stated, expected);
}
//# sourceMappingURL=signature.js.map
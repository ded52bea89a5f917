/** Label values of closed sets, so that a client or an endpoint cannot make new series at will. */
/** Methods with a label of their own; the last stands for all others. */
export const METHOD_LABELS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'OTHER'];
/** Place of the method in `METHOD_LABELS`. Methods are case-sensitive (RFC 9110 section 9.1): `get` is an unusual method. */
export function methodIndex(method) {
    switch (method) {
        case 'GET':
            return 0;
        case 'POST':
            return 1;
        case 'PUT':
            return 2;
        case 'DELETE':
            return 3;
        case 'HEAD':
            return 4;
        case 'PATCH':
            return 5;
        case 'OPTIONS':
            return 6;
        default:
            return 7;
    }
}
/** `other` for 0, which stands for every number outside 100 to 599. */
export function statusLabel(status) {
    return status === 0 ? 'other' : String(status);
}
//# sourceMappingURL=labels.js.map
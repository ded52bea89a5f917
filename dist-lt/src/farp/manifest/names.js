/**
 * Names that services may bear. A name becomes a path segment, a metric label and a key: what could be read as more than
 * one segment, or as a path of the gateway itself, is refused (protocol digest 16).
 */
/** `/_…` is the gateway's own and already no legal name; these look like its parts in other gateways and load balancers. */
const RESERVED = new Set(['farp', 'health']);
const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const MAX_SERVICE_NAME = 128;
const MAX_INSTANCE_ID = 256;
/** @returns '' when the name can be used */
export function serviceNameFault(name) {
    if (name === '')
        return 'service name is required';
    if (name.length > MAX_SERVICE_NAME)
        return `service name is longer than ${MAX_SERVICE_NAME} characters`;
    if (!SERVICE_NAME.test(name) || name.includes('..') || name.endsWith('.'))
        return 'service name must begin with a letter or digit and hold only letters, digits, ".", "_" and "-"';
    if (RESERVED.has(name.toLowerCase()))
        return 'service name is reserved';
    return '';
}
/** @returns '' when the id can be used */
export function instanceIdFault(id) {
    if (id === '')
        return 'instance ID is required';
    if (id.length > MAX_INSTANCE_ID)
        return `instance ID is longer than ${MAX_INSTANCE_ID} characters`;
    if (/[\u0000-\u0020\u007f-\u009f\u2028\u2029/\\?#%]/.test(id) || /^\.+$/.test(id) || !isWellFormed(id))
        return 'instance ID holds a space, a control character or one of / \\ ? # %';
    return '';
}
/** Half a surrogate pair cannot be written as UTF-8. */
function isWellFormed(text) {
    return !/\p{Surrogate}/u.test(text);
}
//# sourceMappingURL=names.js.map
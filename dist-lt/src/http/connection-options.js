import { KIND_CONNECTION } from './field-kind.js';
export const CONNECTION_CLOSE = 1;
export const CONNECTION_KEEP_ALIVE = 2;
export const CONNECTION_UPGRADE = 4;
/** Connection named a field that is end-to-end by definition (rule B1). */
export const CONNECTION_FORBIDDEN = 8;
/**
 * End-to-end fields that nobody may nominate: a client could have Host, credentials or framing taken out on the way
 * (the class of CVE-2024-45410).
 */
const END_TO_END = new Set([
    'host',
    'cookie',
    'set-cookie',
    'authorization',
    'content-length',
    'content-type',
    'content-encoding',
    'cache-control',
    'date',
    'expect',
    'range',
    'location',
    'www-authenticate',
]);
/**
 * Reads every Connection field and takes out the fields it nominates, before the gateway adds its own (rule B1).
 *
 * @returns a combination of the CONNECTION_* bits
 */
export function applyConnectionOptions(block) {
    let bits = 0;
    for (let i = 0; i < block.count; i++) {
        if (block.kinds[i] === KIND_CONNECTION)
            bits |= readOptions(block, block.valueAt(i));
    }
    return bits;
}
function readOptions(block, value) {
    if (value === 'keep-alive' || value === 'Keep-Alive')
        return CONNECTION_KEEP_ALIVE;
    if (value === 'close')
        return CONNECTION_CLOSE;
    let bits = 0;
    for (const part of value.split(',')) {
        const option = part.trim().toLowerCase();
        if (option === '')
            continue;
        if (option === 'close')
            bits |= CONNECTION_CLOSE;
        else if (option === 'keep-alive')
            bits |= CONNECTION_KEEP_ALIVE;
        else if (option === 'upgrade')
            bits |= CONNECTION_UPGRADE;
        else if (END_TO_END.has(option))
            bits |= CONNECTION_FORBIDDEN;
        else if (option !== 'te')
            block.delete(option);
    }
    return bits;
}
//# sourceMappingURL=connection-options.js.map
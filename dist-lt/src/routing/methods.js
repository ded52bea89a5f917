/** Methods as bits of one 32-bit word, so that a route's method check is one AND. */
export const GET_BIT = 1;
export const HEAD_BIT = 2;
/** The mask of a route that lists no methods. */
export const ANY_METHOD = -1;
/**
 * Stands for every method that got no bit of its own. A hit on this bit must be confirmed by name, except for
 * `ANY_METHOD`.
 */
export const OTHER_METHOD = 1 << 30;
const STANDARD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const FIRST_CUSTOM = STANDARD.length;
/** How many further methods a snapshot can give a bit; more still work, by name. */
export const MAX_CUSTOM = 30 - FIRST_CUSTOM;
/** @param custom the snapshot's own methods in the order of their bits */
export function methodBit(method, custom) {
    switch (method.length) {
        case 3:
            if (method === 'GET')
                return GET_BIT;
            if (method === 'PUT')
                return 8;
            break;
        case 4:
            if (method === 'POST')
                return 4;
            if (method === 'HEAD')
                return HEAD_BIT;
            break;
        case 5:
            if (method === 'PATCH')
                return 16;
            break;
        case 6:
            if (method === 'DELETE')
                return 32;
            break;
        case 7:
            if (method === 'OPTIONS')
                return 64;
            break;
    }
    const index = custom.indexOf(method);
    return index < 0 ? OTHER_METHOD : 1 << (FIRST_CUSTOM + index);
}
/** The mask of a route; adds methods that are new to `custom` while there are bits left. */
export function methodMask(methods, custom) {
    if (methods.length === 0)
        return ANY_METHOD;
    let mask = 0;
    for (const method of methods) {
        let bit = methodBit(method, custom);
        if (bit === OTHER_METHOD && custom.length < MAX_CUSTOM) {
            custom.push(method);
            bit = 1 << (FIRST_CUSTOM + custom.length - 1);
        }
        mask |= bit;
    }
    return mask;
}
/** For `Allow`: the standard methods first, in their usual order, then the others by name. */
export function sortMethods(methods) {
    const rank = (method) => {
        const index = STANDARD.indexOf(method);
        return index < 0 ? STANDARD.length : index;
    };
    return [...methods].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}
//# sourceMappingURL=methods.js.map
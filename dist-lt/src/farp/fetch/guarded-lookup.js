import { isIP } from 'node:net';
import { hostFault } from '../push/address.js';
import { FetchError } from './fetch-error.js';
export function guardedLookup(lookup) {
    return (host, options, callback) => {
        lookup(host).then((addresses) => {
            const fault = addresses.map((address) => hostFault(address)).find((text) => text !== '');
            if (fault !== undefined) {
                callback(new FetchError('forbidden', `${host}: ${fault}`), '', 0);
                return;
            }
            const found = addresses.map((address) => ({ address, family: isIP(address) }));
            if (options.all === true)
                callback(null, found);
            else
                callback(null, found[0]?.address ?? '', found[0]?.family ?? 0);
        }, (error) => callback(new FetchError('unreachable', `${host}: ${error.message}`), '', 0));
    };
}
//# sourceMappingURL=guarded-lookup.js.map
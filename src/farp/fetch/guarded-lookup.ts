/**
 * Name look-up for connections to places that services name. The addresses are judged here, at the moment of connecting,
 * and one of these very addresses is connected to: a name that means something harmless first and the metadata service a
 * moment later (DNS rebinding) gains nothing.
 */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { hostFault } from '../push/address.ts';
import { FetchError } from './fetch-error.ts';

/** All addresses of a host name. Rejects with an error whose message says why there are none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export function guardedLookup(lookup: Lookup): LookupFunction {
  return (host, options, callback) => {
    lookup(host).then(
      (addresses) => {
        const fault = addresses.map((address) => hostFault(address)).find((text) => text !== '');
        if (fault !== undefined) {
          callback(new FetchError('forbidden', `${host}: ${fault}`), '', 0);
          return;
        }
        const found: LookupAddress[] = addresses.map((address) => ({ address, family: isIP(address) }));
        if (options.all === true) callback(null, found);
        else callback(null, found[0]?.address ?? '', found[0]?.family ?? 0);
      },
      (error: Error) => callback(new FetchError('unreachable', `${host}: ${error.message}`), '', 0),
    );
  };
}

import { isIP } from 'node:net';
import type { AddressBook } from '../shared/messages.ts';
import { type Connector, PLAIN } from './transports/connector.ts';
import type { Dialer } from './transports/upstream-pool.ts';

/** The addresses that the primary has resolved, handed out in turn. */
export class Addresses implements Dialer {
  readonly connector: Connector = PLAIN;
  #book: AddressBook = {};
  #turn = 0;

  set(book: AddressBook): void {
    this.#book = book;
  }

  address(host: string): string {
    const literal = stripBrackets(host);
    if (isIP(literal) !== 0) return literal;
    const known = this.#book[host];
    if (known === undefined || known.length === 0) return '';
    this.#turn = (this.#turn + 1) >>> 0;
    return known[this.#turn % known.length]!;
  }

  isCurrent(host: string, address: string): boolean {
    if (stripBrackets(host) === address) return true;
    return this.#book[host]?.includes(address) ?? false;
  }
}

/** The same addresses, dialled in another way. */
export class EndpointDialer implements Dialer {
  readonly connector: Connector;
  readonly #addresses: Addresses;

  constructor(addresses: Addresses, connector: Connector) {
    this.#addresses = addresses;
    this.connector = connector;
  }

  address(host: string): string {
    return this.#addresses.address(host);
  }

  isCurrent(host: string, address: string): boolean {
    return this.#addresses.isCurrent(host, address);
  }
}

function stripBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

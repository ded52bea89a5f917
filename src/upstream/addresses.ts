import { isIP } from 'node:net';
import type { AddressBook } from '../shared/messages.ts';
import type { Dialer } from './transports/upstream-pool.ts';

/** The addresses that the primary has resolved, handed out in turn. */
export class Addresses implements Dialer {
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

function stripBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

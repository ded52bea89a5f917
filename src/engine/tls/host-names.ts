/** The names a certificate is valid for (RFC 6125 section 6.4): exact, or with `*` for one whole leftmost label. */
export class HostNames {
  readonly #exact = new Set<string>();
  /** What follows the `*`, with its dot. */
  readonly #wildcards = new Set<string>();

  /** @param names lower case */
  constructor(names: readonly string[]) {
    for (const name of names) {
      if (name.startsWith('*.')) this.#wildcards.add(name.slice(1));
      else this.#exact.add(name);
    }
  }

  /** @param host lower case, without port; IPv6 in brackets */
  covers(host: string): boolean {
    if (this.#exact.has(host)) return true;
    const dot = host.indexOf('.');
    return dot > 0 && this.#wildcards.has(host.slice(dot));
  }
}

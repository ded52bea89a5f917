import type { Encoding } from './encodings.ts';

/** Clients send few different Accept-Encoding values; an attacker may send many, so the cache starts anew when full. */
const CACHE_ENTRIES = 256;

/** Picks the content coding (RFC 9110 section 12.5.3). */
export class Negotiator {
  readonly #offered: readonly Encoding[];
  readonly #cache = new Map<string, Encoding | null>();

  /** @param offered the preferred one first */
  constructor(offered: readonly Encoding[]) {
    this.#offered = offered;
  }

  /** null: send the body as it is. */
  choose(acceptEncoding: string): Encoding | null {
    const known = this.#cache.get(acceptEncoding);
    if (known !== undefined) return known;
    const chosen = negotiate(acceptEncoding, this.#offered);
    if (this.#cache.size >= CACHE_ENTRIES) this.#cache.clear();
    if (acceptEncoding.length <= 256) this.#cache.set(acceptEncoding, chosen);
    return chosen;
  }
}

function negotiate(acceptEncoding: string, offered: readonly Encoding[]): Encoding | null {
  const weights = parseWeights(acceptEncoding);
  const others = weights.get('*') ?? 0;
  let best: Encoding | null = null;
  let bestWeight = 0;
  for (const encoding of offered) {
    const weight = weightOf(weights, encoding) ?? others;
    if (weight > bestWeight) {
      best = encoding;
      bestWeight = weight;
    }
  }
  // A client that prefers the plain body says so with a higher weight; unlisted, identity is merely acceptable.
  const plain = weights.get('identity') ?? 0;
  return plain > bestWeight ? null : best;
}

function weightOf(weights: ReadonlyMap<string, number>, encoding: Encoding): number | undefined {
  // RFC 9110 section 8.4.1.3: x-gzip is the same as gzip.
  return weights.get(encoding) ?? (encoding === 'gzip' ? weights.get('x-gzip') : undefined);
}

const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

function parseWeights(field: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of field.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = member.split(';');
    const name = coding.trim();
    if (name === '' || weights.has(name)) continue;
    const parameter = parameters[0]?.trim();
    const weight = parameter === undefined ? '1' : WEIGHT.exec(parameter)?.[1];
    // A weight that cannot be read must not switch a coding on.
    weights.set(name, weight === undefined ? 0 : Number(weight));
  }
  return weights;
}

/** Tells what is new in a list that comes again and again, and never floods the log. */

/** More would bury the rest; the admin API lists all. */
const MOST_TOLD = 20;

export class News {
  #known: ReadonlySet<string> = new Set();

  /**
   * @param lines all of now, by what tells them apart
   * @param tell called for those that were not among the ones before
   * @param more called with the number of those that are not told
   */
  update<T>(lines: ReadonlyMap<string, T>, tell: (line: T) => void, more: (count: number) => void): void {
    const fresh = [...lines].filter(([key]) => !this.#known.has(key));
    this.#known = new Set(lines.keys());
    for (const [, line] of fresh.slice(0, MOST_TOLD)) tell(line);
    if (fresh.length > MOST_TOLD) more(fresh.length - MOST_TOLD);
  }
}

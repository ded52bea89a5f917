import assert from 'node:assert/strict';

/** Collects what fails in runs that are too many for a test each; `check` throws with the first of them. */
export class Failures {
  readonly #messages: string[] = [];

  get count(): number {
    return this.#messages.length;
  }

  async attempt(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#messages.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }

  check(): void {
    assert.equal(this.count, 0, `${this.count} failed:\n${this.#messages.slice(0, 25).join('\n')}`);
  }
}

/** Thousands of connections from one address would use up its ports; all of 127/8 is loopback. */
export function loopbackAddress(index: number): string {
  return `127.0.1.${1 + (index % 50)}`;
}

/**
 * How long to wait before a dead worker is started again. A single death costs nothing: the replacement starts at once.
 * Deaths that follow each other quickly double the pause, so that a worker that crashes in a loop does not eat the core
 * that the others need.
 */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;
/** A worker that lived this long was well: the next death is a first one again. */
const STEADY_LIFE = 30_000;
export class RestartBackoff {
    #failures = 0;
    /**
     * @param lifetime milliseconds that the dead worker lived
     * @returns milliseconds to wait before its successor starts
     */
    next(lifetime) {
        this.#failures = lifetime >= STEADY_LIFE ? 1 : this.#failures + 1;
        if (this.#failures === 1)
            return 0;
        return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#failures - 2));
    }
}
//# sourceMappingURL=restart-backoff.js.map
/** Lets the event loop breathe during long work, so that health probes are answered while a huge file is read. */
import { setImmediate } from 'node:timers/promises';
/** Short enough for a health probe, long enough that the pauses cost nothing. */
const LONGEST_STRETCH_MS = 25;
/** Looking at the clock for every item would cost more than most items. */
const ITEMS_PER_LOOK = 256;
export class Breather {
    #since = performance.now();
    #items = 0;
    /** Call it once per small item: true when it is time to `await breathe()`. */
    isDue() {
        if (++this.#items % ITEMS_PER_LOOK !== 0)
            return false;
        return performance.now() - this.#since > LONGEST_STRETCH_MS;
    }
    async breathe() {
        await setImmediate();
        this.#since = performance.now();
    }
}
//# sourceMappingURL=breather.js.map
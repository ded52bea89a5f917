import { isPromise } from './chain.js';
const EMPTY = Buffer.alloc(0);
/**
 * Sends a body through the body hooks of a chain, in order and one piece at a time. A hook that returns a promise holds
 * up the pieces behind it; `write` then says so and the source pauses.
 */
export class BodyFilter {
    #stages;
    #hook;
    #exchange;
    #target;
    #queue = [];
    #busy = false;
    #stopped = false;
    #heldBack = false;
    constructor(links, hook, exchange, target) {
        this.#stages = links.map((link) => ({ link, collected: link.wholeBody > 0 ? [] : null, size: 0 }));
        this.#hook = hook;
        this.#exchange = exchange;
        this.#target = target;
    }
    /** True while the length that goes in is the length that comes out as far as the core can tell. */
    get collects() {
        return this.#stages.some((stage) => stage.collected !== null);
    }
    stop() {
        this.#stopped = true;
        this.#queue.length = 0;
    }
    /** @returns false when a hook is still busy: send no more until `onFilterReady` */
    write(chunk, last) {
        this.#queue.push({ chunk, last });
        if (!this.#busy)
            this.#run();
        if (this.#busy)
            this.#heldBack = true;
        return !this.#busy;
    }
    #run() {
        for (;;) {
            if (this.#stopped)
                return;
            const piece = this.#queue.shift();
            if (piece === undefined)
                break;
            if (!this.#process(0, piece.chunk, piece.last))
                return;
        }
        if (this.#heldBack) {
            this.#heldBack = false;
            this.#target.onFilterReady();
        }
    }
    /** @returns false when it waits for a promise; the promise goes on with the rest */
    #process(from, chunk, last) {
        const stages = this.#stages;
        for (let i = from; i < stages.length; i++) {
            const stage = stages[i];
            if (stage.collected !== null) {
                stage.size += chunk.length;
                if (stage.size > stage.link.wholeBody) {
                    this.#fail(stage.link.name, null);
                    return false;
                }
                stage.collected.push(chunk);
                if (!last)
                    return true;
                chunk = Buffer.concat(stage.collected);
            }
            else if (chunk.length === 0 && !last) {
                return true;
            }
            let result;
            try {
                result = stage.link.hooks[this.#hook](this.#exchange, chunk, last);
            }
            catch (error) {
                this.#fail(stage.link.name, error);
                return false;
            }
            if (result === undefined)
                continue;
            if (isPromise(result)) {
                this.#wait(result, i, chunk, last);
                return false;
            }
            chunk = result;
        }
        this.#emit(chunk, last);
        return true;
    }
    #wait(
    // biome-ignore lint/suspicious/noConfusingVoidType: the hook's own result type
    result, stage, chunk, last) {
        this.#busy = true;
        result.then((value) => {
            if (this.#stopped)
                return;
            this.#busy = false;
            if (this.#process(stage + 1, value ?? chunk, last))
                this.#run();
        }, (error) => this.#fail(this.#stages[stage].link.name, error));
    }
    #emit(chunk, last) {
        if (this.#stopped)
            return;
        const buffer = chunk.length === 0 ? EMPTY : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
        this.#target.onFiltered(buffer, last);
    }
    #fail(plugin, error) {
        if (this.#stopped)
            return;
        this.stop();
        this.#target.onFilterFailed(plugin, error);
    }
}
//# sourceMappingURL=body-filter.js.map
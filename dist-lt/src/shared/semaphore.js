/** Lets a bounded number of tasks run at once; the others wait in the order in which they came. */
export class Semaphore {
    #free;
    #waiting = [];
    constructor(permits) {
        this.#free = permits;
    }
    async run(task) {
        if (this.#free > 0)
            this.#free--;
        else
            await new Promise((resolve) => this.#waiting.push(resolve));
        try {
            return await task();
        }
        finally {
            const next = this.#waiting.shift();
            if (next === undefined)
                this.#free++;
            else
                next();
        }
    }
}
//# sourceMappingURL=semaphore.js.map
import { isPromise } from './chain.js';
/** Calls the hooks of a chain one after the other, synchronously as long as no hook returns a promise. */
export class HookRunner {
    #context;
    #onFailure;
    /** @param onFailure a hook threw or its promise was rejected */
    constructor(context, onFailure) {
        this.#context = context;
        this.#onFailure = onFailure;
    }
    /**
     * @param call runs the hook of one link
     * @param then gets the first answer, or undefined when no hook had one; not called if a hook failed or the exchange
     *   ended meanwhile
     * @param onWait called before the first wait for a promise
     */
    run(links, call, then, onWait) {
        this.#runFrom(0, links, call, then, onWait);
    }
    #runFrom(from, links, call, then, onWait) {
        for (let i = from; i < links.length; i++) {
            const link = links[i];
            let result;
            try {
                result = call(link);
            }
            catch (error) {
                this.#onFailure(link.name, error);
                return;
            }
            if (result === undefined)
                continue;
            if (isPromise(result)) {
                onWait?.();
                this.#wait(result, link, (answer) => {
                    if (answer === undefined)
                        this.#runFrom(i + 1, links, call, then, onWait);
                    else
                        then(answer);
                });
                return;
            }
            then(result);
            return;
        }
        then(undefined);
    }
    #wait(promise, link, then) {
        const context = this.#context;
        const { serial } = context.exchange;
        promise.then((value) => {
            if (context.isCurrent(serial))
                then(value);
        }, (error) => {
            if (context.isCurrent(serial))
                this.#onFailure(link.name, error);
        });
    }
}
//# sourceMappingURL=hook-runner.js.map
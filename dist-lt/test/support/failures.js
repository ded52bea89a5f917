import assert from 'node:assert/strict';
/** Collects what fails in runs that are too many for a test each; `check` throws with the first of them. */
export class Failures {
    /** First message and number of failures of each case. */
    #byCase = new Map();
    count = 0;
    /** `detail` tells the runs of a case apart. */
    async attempt(name, detail, work) {
        try {
            await work();
        }
        catch (error) {
            this.count++;
            const message = `${detail}: ${error instanceof Error ? error.message : error}`;
            const known = this.#byCase.get(name);
            if (known)
                known.times++;
            else
                this.#byCase.set(name, { message, times: 1 });
        }
    }
    check() {
        const lines = [...this.#byCase].map(([name, { message, times }]) => `${name} (${times} times), ${message}`);
        assert.equal(this.count, 0, `${this.count} failed:\n${lines.join('\n')}`);
    }
}
/** Thousands of connections from one address would use up its ports; all of 127/8 is loopback. */
export function loopbackAddress(index) {
    return `127.0.1.${1 + (index % 50)}`;
}
//# sourceMappingURL=failures.js.map
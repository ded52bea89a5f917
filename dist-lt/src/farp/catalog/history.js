/** What happened to a service, for those who want to know why it is as it is. */
const LENGTH = 50;
export class History {
    #entries = [];
    add(event, detail) {
        this.#entries.push({ at: new Date(), event, detail });
        if (this.#entries.length > LENGTH)
            this.#entries.shift();
    }
    /** The oldest first. */
    get entries() {
        return this.#entries;
    }
}
//# sourceMappingURL=history.js.map
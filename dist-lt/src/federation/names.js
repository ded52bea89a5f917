/** Names that several services use for different things. */
/** Legal in the keys of components of both OpenAPI and AsyncAPI. */
export function legalName(text) {
    const legal = text.replace(/[^A-Za-z0-9._-]+/g, '_');
    return legal === '' ? '_' : legal;
}
/** Every name with the services that use it: an order in which services come and go does not change what it says. */
export class NameUsers {
    #users = new Map();
    /** @param content equal contents under one name are one thing */
    add(name, service, content) {
        const users = this.#users.get(name) ?? new Map();
        users.set(service, content);
        this.#users.set(name, users);
    }
    /** Two services use it for different things. */
    isShared(name) {
        return new Set(this.#users.get(name)?.values()).size > 1;
    }
    isUsedTwice(name) {
        return (this.#users.get(name)?.size ?? 0) > 1;
    }
}
/** @returns the first of `base`, `base_2`, `base_3` … that is not taken, and takes it */
export function takeName(base, taken) {
    let name = base;
    for (let copy = 2; taken.has(name); copy++)
        name = `${base}_${copy}`;
    taken.add(name);
    return name;
}
//# sourceMappingURL=names.js.map
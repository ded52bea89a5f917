/** A source without fields. */
export const NO_FIELDS = { header: () => undefined, query: () => undefined };
/** What a route asks of headers and query beside host, path and method; all of it must hold. */
export class Predicates {
    #checks;
    constructor(headers, query) {
        this.#checks = [
            ...headers.map((field) => toCheck(field, false)),
            ...query.map((field) => toCheck(field, true)),
        ];
    }
    hold(source) {
        const checks = this.#checks;
        for (let i = 0; i < checks.length; i++) {
            const check = checks[i];
            const actual = check.inQuery ? source.query(check.name) : source.header(check.name);
            if (actual === undefined)
                return false;
            if (check.regex === null ? actual !== check.value : !check.regex.test(actual))
                return false;
        }
        return true;
    }
}
function toCheck({ name, kind, value }, inQuery) {
    return { inQuery, name, value, regex: kind === 'regex' ? new RegExp(value) : null };
}
//# sourceMappingURL=predicates.js.map
export class FetchError extends Error {
    kind;
    constructor(kind, message) {
        super(message);
        this.kind = kind;
    }
}
//# sourceMappingURL=fetch-error.js.map
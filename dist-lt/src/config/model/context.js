import { placeOf, placeOfKey } from '../tree.js';
export class BuildContext {
    root;
    problems;
    routing;
    constructor(root, problems, routing) {
        this.root = root;
        this.problems = problems;
        this.routing = routing;
    }
    /** At the value. */
    error(path, message) {
        this.problems.error(placeOf(this.root, path), message);
    }
    /** At the key. */
    keyError(path, message) {
        this.problems.error(placeOfKey(this.root, path), message);
    }
    warning(path, message) {
        this.problems.warning(placeOf(this.root, path), message);
    }
    place(path) {
        return placeOf(this.root, path);
    }
}
//# sourceMappingURL=context.js.map
/** What is wrong with a configuration, and where. */
import { NO_OFFSET } from './tree.js';
/** Collects problems so that all of them are reported at once. */
export class Problems {
    #list = [];
    #seen = new Set();
    error(place, message) {
        this.#add(place, message, 'error');
    }
    warning(place, message) {
        this.#add(place, message, 'warning');
    }
    get count() {
        return this.#list.length;
    }
    get hasErrors() {
        return this.#list.some((problem) => problem.severity === 'error');
    }
    /** By file in order of reading, then by place. */
    sorted() {
        const files = [...new Set(this.#list.map((problem) => problem.file))];
        const rank = new Map(files.map((file, index) => [file, index]));
        return this.#list.toSorted((a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || a.line - b.line || a.column - b.column);
    }
    #add(place, message, severity) {
        const { line, column } = positionOf(place);
        const key = `${place.source.name}\0${line}\0${column}\0${message}`;
        // YAML aliases make one place of a file appear several times in the tree.
        if (this.#seen.has(key))
            return;
        this.#seen.add(key);
        this.#list.push({ file: place.source.name, line, column, message, severity });
    }
}
function positionOf(place) {
    return place.offset === NO_OFFSET ? { line: 0, column: 0 } : place.source.position(place.offset);
}
/** `file:line:column` for reports, without the numbers where there are none. */
export function formatPlace(place) {
    const { line, column } = positionOf(place);
    return line === 0 ? place.source.name : `${place.source.name}:${line}:${column}`;
}
/** One line: `file:line:col: message`; warnings say that they are. */
export function formatProblem(problem) {
    const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
    return `${place}: ${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}`;
}
//# sourceMappingURL=problems.js.map
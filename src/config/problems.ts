/** What is wrong with a configuration, and where. */
import { NO_OFFSET, type Place } from './tree.ts';

export interface Problem {
  /** As the user named the file, or `environment variable NAME`. */
  readonly file: string;
  /** From 1; 0 when the place has no lines. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** Collects problems so that all of them are reported at once. */
export class Problems {
  readonly #list: Problem[] = [];
  readonly #seen = new Set<string>();

  error(place: Place, message: string): void {
    this.#add(place, message, 'error');
  }

  warning(place: Place, message: string): void {
    this.#add(place, message, 'warning');
  }

  get count(): number {
    return this.#list.length;
  }

  get hasErrors(): boolean {
    return this.#list.some((problem) => problem.severity === 'error');
  }

  /** By file in order of reading, then by place. */
  sorted(): Problem[] {
    const files = [...new Set(this.#list.map((problem) => problem.file))];
    const rank = new Map(files.map((file, index) => [file, index]));
    return this.#list.toSorted(
      (a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
    );
  }

  #add(place: Place, message: string, severity: Problem['severity']): void {
    const { line, column } = positionOf(place);
    const key = `${place.source.name}\0${line}\0${column}\0${message}`;
    // YAML aliases make one place of a file appear several times in the tree.
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#list.push({ file: place.source.name, line, column, message, severity });
  }
}

function positionOf(place: Place): { line: number; column: number } {
  return place.offset === NO_OFFSET ? { line: 0, column: 0 } : place.source.position(place.offset);
}

/** `file:line:column` for reports, without the numbers where there are none. */
export function formatPlace(place: Place): string {
  const { line, column } = positionOf(place);
  return line === 0 ? place.source.name : `${place.source.name}:${line}:${column}`;
}

/** One line: `file:line:col: message`; warnings say that they are. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  return `${place}: ${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}`;
}

import { isGrpcType } from '../http/grpc.ts';
import type { FieldPredicate, Route } from './model.ts';

/** The fields of a request that predicates look at. */
export interface PredicateSource {
  /** First value of the header field; the name is lower case. */
  header(name: string): string | undefined;
  /** First value of the query parameter, decoded. */
  query(name: string): string | undefined;
}

/** A source without fields. */
export const NO_FIELDS: PredicateSource = { header: () => undefined, query: () => undefined };

interface Check {
  readonly inQuery: boolean;
  readonly name: string;
  readonly value: string;
  readonly regex: RegExp | null;
  readonly grpc: boolean;
}

/** What a route asks of headers and query beside host, path and method; all of it must hold. */
export class Predicates {
  readonly #checks: readonly Check[];

  constructor(headers: readonly FieldPredicate[], query: readonly FieldPredicate[]) {
    this.#checks = [
      ...headers.map((field) => toCheck(field, false)),
      ...query.map((field) => toCheck(field, true)),
    ];
  }

  hold(source: PredicateSource): boolean {
    const checks = this.#checks;
    for (let i = 0; i < checks.length; i++) {
      const check = checks[i]!;
      if (check.grpc) {
        if (!callsGrpc(source)) return false;
        continue;
      }
      const actual = check.inQuery ? source.query(check.name) : source.header(check.name);
      if (actual === undefined) return false;
      if (check.regex === null ? actual !== check.value : !check.regex.test(actual)) return false;
    }
    return true;
  }
}

function toCheck({ name, kind, value }: FieldPredicate, inQuery: boolean): Check {
  return { inQuery, name, value, regex: kind === 'regex' ? new RegExp(value) : null, grpc: kind === 'grpc' };
}

/** The route takes calls of gRPC and nothing else. */
export function isGrpcRoute({ headers }: Route): boolean {
  return headers.some(({ kind }) => kind === 'grpc');
}

/** A preflight asks on behalf of a call of gRPC-Web, and has no content type of its own to tell. */
function callsGrpc(source: PredicateSource): boolean {
  const type = source.header('content-type');
  if (type !== undefined) return isGrpcType(type);
  return source.header('access-control-request-method') === 'POST' && source.header('origin') !== undefined;
}

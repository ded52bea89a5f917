/** Which requests a route takes: by path and methods, or by service and method of gRPC. */
import type { FieldPredicate } from '../../routing/model.ts';
import { type PathPattern, parsePattern } from '../../routing/pattern.ts';
import type { RouteConfig } from '../schema/schema.ts';
import type { TreePath } from '../tree.ts';
import type { BuildContext } from './context.ts';

export interface RequestMatch {
  readonly pattern: PathPattern;
  readonly methods: readonly string[];
  readonly headers: readonly FieldPredicate[];
}

const IS_GRPC: FieldPredicate = { name: 'content-type', kind: 'grpc', value: '' };

/** @returns null when the route says it in no way or in two; that is then reported */
export function requestMatch(
  config: RouteConfig,
  path: TreePath,
  context: BuildContext,
): RequestMatch | null {
  const headers = toPredicates(config.headers);
  const { grpc } = config;
  if (grpc === undefined) {
    if (config.path !== undefined)
      return { pattern: patternOf(config.path), methods: [...new Set(config.methods)], headers };
    context.error(path, 'a route needs a path such as /api/users/{id} or /static/*, or grpc');
    return null;
  }
  const second = config.path !== undefined ? 'path' : config.methods.length > 0 ? 'methods' : '';
  if (second !== '') {
    const why = second === 'path' ? 'it stands for the path' : 'calls are always POST';
    context.keyError([...path, second], `${second} has no place beside grpc, ${why}; take one of them out`);
    return null;
  }
  const pattern = patternOf(`/${grpc.service ?? '{service}'}/${grpc.method ?? '{method}'}`);
  return { pattern, methods: ['POST'], headers: [IS_GRPC, ...headers] };
}

function patternOf(text: string): PathPattern {
  const parsed = parsePattern(text);
  // The schema has checked it.
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.pattern;
}

export function toPredicates(predicates: RouteConfig['headers']): FieldPredicate[] {
  return Object.entries(predicates).map(([name, value]) =>
    typeof value === 'string' ? { name, kind: 'exact', value } : { name, kind: 'regex', value: value.regex },
  );
}

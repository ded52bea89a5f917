/** `routes` of the configuration to routes of the routing model. */
import { createHash } from 'node:crypto';
import type { FieldPredicate, PluginInstance, Route } from '../../routing/model.ts';
import type { PathPattern } from '../../routing/pattern.ts';
import { quote } from '../check.ts';
import { formatPlace } from '../problems.ts';
import type { MiddlewareItem, RouteConfig } from '../schema/schema.ts';
import { nodeAt, type TreePath } from '../tree.ts';
import { ActionBuilder } from './actions.ts';
import type { BuildContext } from './context.ts';
import { resolveMiddleware } from './middleware.ts';
import type { PluginResolver } from './plugins.ts';
import { requestMatch, toPredicates } from './request-match.ts';

/** A route with what the later checks need to know of it. */
export interface BuiltRoute {
  readonly route: Route;
  readonly pattern: PathPattern;
  readonly path: TreePath;
}

export class RouteBuilder {
  readonly #context: BuildContext;
  readonly #actions: ActionBuilder;
  readonly #plugins: PluginResolver;
  readonly #globals: readonly PluginInstance[];
  readonly #globalIds: readonly string[];
  readonly #ids = new Set<string>();

  constructor(context: BuildContext, plugins: PluginResolver, globals: readonly PluginInstance[]) {
    this.#context = context;
    this.#plugins = plugins;
    this.#globals = globals;
    this.#globalIds = globals.map((plugin) => plugin.id);
    this.#actions = new ActionBuilder(context);
  }

  /** @returns null when the route is wrong; the reasons are then reported */
  build(config: RouteConfig, path: TreePath): BuiltRoute | null {
    const matched = requestMatch(config, path, this.#context);
    if (matched === null) return null;
    const { pattern, methods, headers } = matched;
    for (const fields of [['headers'], ['respond', 'headers']]) this.#refuseSameName([...path, ...fields]);
    const action = this.#actions.build(config, path, pattern);
    const plugins = this.#middleware(config.middleware, [...path, 'middleware']);
    if (action === null || plugins === null) return null;
    const match = {
      path: pattern.canonical,
      methods,
      host: config.host ?? '',
      headers,
      query: toPredicates(config.query),
      priority: config.priority,
    };
    const route: Route = {
      id: this.#uniqueId(match),
      source: 'file',
      origin: formatPlace(this.#context.place(path)),
      ...match,
      action,
      plugins,
    };
    return { route, pattern, path };
  }

  /** Two spellings of one header name: one of them would get lost. */
  #refuseSameName(path: TreePath): void {
    const node = nodeAt(this.#context.root, path);
    if (node?.kind !== 'map') return;
    const seen = new Set<string>();
    for (const [name, entry] of node.entries) {
      if (seen.has(name.toLowerCase())) {
        this.#context.problems.error(entry, `the header ${quote(name)} is already there in another spelling`);
      }
      seen.add(name.toLowerCase());
    }
  }

  /** Global plugins first; one that the route names itself runs where, and as, the route says. */
  #middleware(items: readonly MiddlewareItem[], path: TreePath): readonly string[] | null {
    if (items.length === 0) return this.#globalIds;
    const own = resolveMiddleware(
      items.map((value, index) => ({ value, path: [...path, index] })),
      this.#plugins,
      this.#context,
    );
    if (own === null) return null;
    const names = new Set(own.map((plugin) => plugin.name));
    const globals = this.#globals.filter((plugin) => !names.has(plugin.name));
    return [...globals, ...own].map((plugin) => plugin.id);
  }

  /** Made of the match alone, so that a change of the action keeps the route's identity. */
  #uniqueId(match: Pick<Route, 'path' | 'methods' | 'host' | 'headers' | 'query' | 'priority'>): string {
    const predicates = [...match.headers.map(predicateKey), '?', ...match.query.map(predicateKey)];
    const methods = match.methods.length === 0 ? '' : `${match.methods.toSorted().join(',')} `;
    let id = `file:${methods}${match.host}${match.path}`;
    if (predicates.length > 1) {
      id += `#${createHash('sha256').update(JSON.stringify(predicates)).digest('hex').slice(0, 8)}`;
    }
    if (match.priority !== 0) id += `^${match.priority}`;
    let unique = id;
    for (let copy = 2; this.#ids.has(unique); copy++) unique = `${id}~${copy}`;
    this.#ids.add(unique);
    return unique;
  }
}

function predicateKey(predicate: FieldPredicate): string {
  return `${predicate.name} ${predicate.kind} ${predicate.value}`;
}

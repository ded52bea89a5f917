/** `routes` of the configuration to routes of the routing model. */
import { createHash } from 'node:crypto';
import type {
  FieldPredicate,
  PathRewrite,
  PluginInstance,
  ProxyTarget,
  RetryPolicy,
  Route,
  RouteAction,
} from '../../routing/model.ts';
import { canonicalLiteral, type PathPattern, PatternError, parsePattern } from '../../routing/pattern.ts';
import { quote, shown } from '../check.ts';
import { formatPlace } from '../problems.ts';
import { inherit } from '../schema/inherit.ts';
import { retriesSchema } from '../schema/route.ts';
import type { MiddlewareItem, RetriesConfig, RouteConfig } from '../schema/schema.ts';
import type { Item } from '../sections.ts';
import { closest } from '../suggest.ts';
import { type MapNode, nodeAt, type ScalarNode, type TreePath } from '../tree.ts';
import type { BuildContext } from './context.ts';
import type { PluginResolver } from './plugins.ts';
import type { UpstreamNames } from './upstreams.ts';

/** A route with what the later checks need to know of it. */
export interface BuiltRoute {
  readonly route: Route;
  readonly pattern: PathPattern;
  readonly path: TreePath;
}

const ACTIONS = ['upstream', 'split', 'redirect', 'respond'] as const;
const PROXY_KEYS = ['strip_prefix', 'rewrite', 'add_prefix', 'preserve_host', 'timeout', 'retries'] as const;

export class RouteBuilder {
  readonly #context: BuildContext;
  readonly #plugins: PluginResolver;
  readonly #globals: readonly PluginInstance[];
  readonly #globalIds: readonly string[];
  readonly #ids = new Set<string>();
  readonly #defaultRetries: RetryPolicy;

  constructor(context: BuildContext, plugins: PluginResolver, globals: readonly PluginInstance[]) {
    this.#context = context;
    this.#plugins = plugins;
    this.#globals = globals;
    this.#globalIds = globals.map((plugin) => plugin.id);
    this.#defaultRetries = toRetryPolicy({}, context.routing.retries);
  }

  /** @returns null when the route is wrong; the reasons are then reported */
  build(config: RouteConfig, path: TreePath): BuiltRoute | null {
    const parsed = parsePattern(config.path);
    // The schema has checked it.
    if (!parsed.ok) throw new TypeError(parsed.message);
    const { pattern } = parsed;
    for (const fields of [['headers'], ['respond', 'headers']]) this.#refuseSameName([...path, ...fields]);
    const action = this.#action(config, path, pattern);
    const plugins = this.#middleware(config.middleware, [...path, 'middleware']);
    if (action === null || plugins === null) return null;
    const match = {
      path: pattern.canonical,
      methods: [...new Set(config.methods)],
      host: config.host ?? '',
      headers: toPredicates(config.headers),
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

  #action(config: RouteConfig, path: TreePath, pattern: PathPattern): RouteAction | null {
    const given = ACTIONS.filter((key) => config[key] !== undefined);
    const [action, second] = given;
    if (action === undefined) {
      this.#context.error(path, 'a route needs one of upstream, split, redirect and respond');
      return null;
    }
    if (second !== undefined) {
      this.#context.keyError(
        [...path, second],
        `a route has one of upstream, split, redirect and respond, but this one has ${given.join(' and ')}`,
      );
      return null;
    }
    if (config.redirect !== undefined) {
      this.#refuseProxyKeys(config, path, action);
      this.#checkPlaceholders(config.redirect.location, path, pattern);
      return { kind: 'redirect', status: config.redirect.status, location: config.redirect.location };
    }
    if (config.respond !== undefined) {
      this.#refuseProxyKeys(config, path, action);
      return this.#respond(config.respond, path);
    }
    return {
      kind: 'proxy',
      targets: this.#targets(config, path),
      rewrite: this.#rewrite(config, path, pattern),
      preserveHost: config.preserve_host ?? this.#context.routing.preserve_host,
      timeout: config.timeout ?? this.#context.routing.timeout,
      retries:
        config.retries === undefined
          ? this.#defaultRetries
          : toRetryPolicy(this.#context.routing.retries, config.retries),
    };
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

  #refuseProxyKeys(config: RouteConfig, path: TreePath, action: string): void {
    for (const key of PROXY_KEYS) {
      if (config[key] !== undefined)
        this.#context.keyError([...path, key], `${key} has no effect with ${action}; take it out`);
    }
  }

  #respond(respond: NonNullable<RouteConfig['respond']>, path: TreePath): RouteAction {
    const headers: [string, string][] = [];
    for (const [name, value] of Object.entries(respond.headers)) {
      if (FRAMING_FIELDS.has(name)) {
        this.#context.keyError(
          [...path, 'respond', 'headers', name],
          `${name} is set by the gateway; take it out`,
        );
      }
      for (const single of typeof value === 'string' ? [value] : value) headers.push([name, single]);
    }
    if (respond.body !== '' && (respond.status === 204 || respond.status === 205 || respond.status === 304)) {
      this.#context.error(
        [...path, 'respond', 'body'],
        `a response with status ${respond.status} has no body; take it out`,
      );
    }
    return { kind: 'respond', status: respond.status, headers, body: respond.body };
  }

  #targets(config: RouteConfig, path: TreePath): ProxyTarget[] {
    if (config.split === undefined) return [{ upstream: config.upstream ?? '', weight: 1 }];
    const seen = new Set<string>();
    config.split.forEach(({ upstream }, index) => {
      if (seen.has(upstream))
        this.#context.error(
          [...path, 'split', index, 'upstream'],
          'split: this upstream is listed twice; add its weights up',
        );
      seen.add(upstream);
    });
    if (config.split.every(({ weight }) => weight === 0)) {
      this.#context.keyError([...path, 'split'], 'split: at least one weight must be larger than 0');
    }
    return config.split;
  }

  #rewrite(config: RouteConfig, path: TreePath, pattern: PathPattern): PathRewrite | null {
    if (config.strip_prefix === undefined && config.rewrite === undefined && config.add_prefix === undefined)
      return null;
    const stripPrefix = this.#literal(config.strip_prefix ?? '', [...path, 'strip_prefix']);
    if (stripPrefix !== '' && !canBeginWith(pattern.canonical, stripPrefix)) {
      this.#context.error(
        [...path, 'strip_prefix'],
        `strip_prefix ${quote(stripPrefix)} is no beginning of the path ${quote(pattern.canonical)}, so it would never apply`,
      );
    }
    return {
      stripPrefix,
      pattern: config.rewrite?.pattern ?? '',
      replacement: config.rewrite?.replacement ?? '',
      addPrefix: this.#literal(config.add_prefix ?? '', [...path, 'add_prefix']),
    };
  }

  #literal(text: string, path: TreePath): string {
    try {
      return canonicalLiteral(text);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.#context.error(path, `${String(path.at(-1))}: ${error.message}`);
      return '';
    }
  }

  #checkPlaceholders(location: string, path: TreePath, pattern: PathPattern): void {
    const known = [...pattern.params, 'path', 'query'];
    for (const [, name = ''] of location.matchAll(/\{([^{}]*)\}/g)) {
      if (known.includes(name)) continue;
      const best = closest(name, known);
      const advice =
        best === null
          ? `known are ${known.map((other) => `{${other}}`).join(', ')}`
          : `did you mean {${best}}?`;
      this.#context.error(
        [...path, 'redirect', 'location'],
        `redirect.location: {${name}} is no parameter of the path; ${advice}`,
      );
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

const FRAMING_FIELDS: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'date',
]);

/** @returns null when an item is wrong */
export function resolveMiddleware(
  items: readonly Item<MiddlewareItem>[],
  plugins: PluginResolver,
  context: BuildContext,
): PluginInstance[] | null {
  const instances = new Map<string, PluginInstance>();
  let failed = false;
  for (const { value, path } of items) {
    const instance = plugins.resolve(value, path);
    if (instance === null) failed = true;
    else if (instances.has(instance.name))
      context.error(
        path,
        `the plugin "${instance.name}" is listed twice; it runs only once, take one of them out`,
      );
    else instances.set(instance.name, instance);
  }
  return failed ? null : [...instances.values()];
}

/** Reports upstreams that do not exist, also of routes that are wrong in other ways. */
export function checkUpstreamNames(names: UpstreamNames, context: BuildContext): void {
  const routes = nodeAt(context.root, ['routes']);
  if (routes?.kind !== 'list') return;
  for (const route of routes.items) {
    if (route.kind !== 'map') continue;
    for (const node of upstreamNodes(route)) {
      if (typeof node.value !== 'string' || names.has(node.value)) continue;
      context.problems.error(node, `there is no upstream ${shown(node)}; ${advice(node, names)}`);
    }
  }
}

function upstreamNodes(route: MapNode): ScalarNode[] {
  const split = route.get('split');
  const parts =
    split?.kind === 'list'
      ? split.items.map((item) => (item.kind === 'map' ? item.get('upstream') : null))
      : [];
  return [route.get('upstream'), ...parts].filter((node) => node?.kind === 'scalar');
}

function advice(node: ScalarNode, names: UpstreamNames): string {
  const known = [...names].filter(([, { template }]) => template === '').map(([name]) => name);
  const best = closest(String(node.value), known);
  if (best !== null) return `did you mean "${best}"?`;
  if (known.length === 0) return 'define it in upstreams';
  return `defined are ${known.slice(0, 8).join(', ')}${known.length > 8 ? ', …' : ''}`;
}

function toPredicates(predicates: RouteConfig['headers']): FieldPredicate[] {
  return Object.entries(predicates).map(([name, value]) =>
    typeof value === 'string' ? { name, kind: 'exact', value } : { name, kind: 'regex', value: value.regex },
  );
}

function predicateKey(predicate: FieldPredicate): string {
  return `${predicate.name} ${predicate.kind} ${predicate.value}`;
}

function toRetryPolicy(inherited: RetriesConfig, own: RetriesConfig): RetryPolicy {
  const asLayer = (retries: RetriesConfig) => (typeof retries === 'number' ? { attempts: retries } : retries);
  const policy = inherit(retriesSchema, asLayer(inherited), asLayer(own));
  return {
    attempts: policy.attempts,
    on: policy.on,
    perTryTimeout: policy.per_try_timeout,
    budget: policy.budget,
    bodyLimit: policy.body_limit,
  };
}

/** Whether a path of the pattern can begin with the prefix, followed by `/` or nothing. Parameters can be anything. */
function canBeginWith(pattern: string, prefix: string): boolean {
  const open = pattern.search(/[{*]/);
  const fixed = open < 0 ? pattern : pattern.slice(0, open);
  if (`${fixed}/`.startsWith(`${prefix}/`)) return true;
  return open >= 0 && prefix.startsWith(fixed);
}

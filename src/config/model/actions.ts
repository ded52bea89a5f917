/** What a route does with a request: its keys from `upstream` to `sse` as an action of the routing model. */
import type { PathRewrite, ProxyTarget, RetryPolicy, RouteAction } from '../../routing/model.ts';
import { canonicalLiteral, type PathPattern, PatternError } from '../../routing/pattern.ts';
import { quote } from '../check.ts';
import { inherit } from '../schema/inherit.ts';
import { retriesSchema } from '../schema/route.ts';
import type { RetriesConfig, RouteConfig } from '../schema/schema.ts';
import { nodeAt, type TreePath } from '../tree.ts';
import type { BuildContext } from './context.ts';
import { redirectProblems } from './redirect-location.ts';
import { streamPolicies } from './streams.ts';

const ACTIONS = ['upstream', 'split', 'redirect', 'respond'] as const;
const PROXY_KEYS = [
  'strip_prefix',
  'rewrite',
  'add_prefix',
  'preserve_host',
  'timeout',
  'retries',
  'websocket',
  'sse',
] as const;

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

export class ActionBuilder {
  readonly #context: BuildContext;
  readonly #defaultRetries: RetryPolicy;

  constructor(context: BuildContext) {
    this.#context = context;
    this.#defaultRetries = toRetryPolicy({}, context.routing.retries);
  }

  /** @returns null when there is none, or more than one; other faults are reported and leave the action usable */
  build(config: RouteConfig, path: TreePath, pattern: PathPattern): RouteAction | null {
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
      const { status, location } = config.redirect;
      for (const problem of redirectProblems(location, pattern.params))
        this.#context.error([...path, 'redirect', 'location'], `redirect.location: ${problem}`);
      return { kind: 'redirect', status, location };
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
      ...streamPolicies(config, this.#context.routing),
    };
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
      if (FRAMING_FIELDS.has(name)) this.#refuseFraming(name, [...path, 'respond', 'headers']);
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

  #refuseFraming(name: string, path: TreePath): void {
    const node = nodeAt(this.#context.root, path);
    const written = node?.kind === 'map' ? [...node.entries.keys()] : [];
    const key = written.find((other) => other.toLowerCase() === name) ?? name;
    this.#context.keyError([...path, key], `${key} is set by the gateway; take it out`);
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
      rules: config.rewrite === undefined ? [] : [{ ...config.rewrite, linear: false }],
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
}

export function toRetryPolicy(inherited: RetriesConfig, own: RetriesConfig): RetryPolicy {
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

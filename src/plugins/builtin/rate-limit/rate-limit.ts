import { createHash } from 'node:crypto';
import type {
  LimitDecision,
  LimitStore,
  MaybePromise,
  PluginContext,
  PluginExchange,
  PluginHooks,
  PluginReply,
  PluginResponse,
} from '../../api.ts';
import type { CheckedPlugin } from '../../checked-plugin.ts';
import { problemReply } from '../../problem.ts';
import { keyOf } from './key.ts';
import type { RateLimitConfig } from './schema.ts';

export const rateLimitPlugin: CheckedPlugin<RateLimitConfig> = {
  name: 'rate-limit',
  version: '1.0.0',
  setup: (config, context) => new RateLimit(config, context),
};

class RateLimit implements PluginHooks {
  readonly #context: PluginContext;
  readonly #limits: LimitStore;
  readonly #key: (exchange: PluginExchange) => string;
  readonly #sliding: boolean;
  readonly #limit: number;
  readonly #window: number;
  readonly #refillPerSecond: number;
  readonly #showFields: boolean;
  readonly #policyField: string;
  readonly #item: string;

  constructor(config: RateLimitConfig, context: PluginContext) {
    this.#context = context;
    this.#limits = context.limits;
    this.#sliding = config.algorithm === 'sliding-window';
    this.#limit = this.#sliding ? config.limit : (config.burst ?? config.limit);
    this.#window = config.window;
    this.#refillPerSecond = (config.limit * 1000) / config.window;
    this.#showFields = config.headers;
    this.#item = `"${config.name}"`;
    this.#policyField = `${this.#item};q=${config.limit};w=${Math.ceil(config.window / 1000)}`;
    // Short, because every request hashes it with its key.
    const prefix = createHash('sha256').update(context.instanceId).digest('base64url').slice(0, 12);
    this.#key = keyOf(prefix, config);
  }

  onRequest(exchange: PluginExchange): MaybePromise<PluginReply | undefined> {
    const key = this.#key(exchange);
    const decision = this.#sliding
      ? this.#limits.slidingWindow(key, this.#limit, this.#window)
      : this.#limits.tokenBucket(key, this.#limit, this.#refillPerSecond);
    if (decision instanceof Promise) return decision.then((late) => this.#decide(exchange, late));
    return this.#decide(exchange, decision);
  }

  #decide(exchange: PluginExchange, decision: LimitDecision): PluginReply | undefined {
    if (this.#showFields) exchange.locals.set(this, decision);
    if (decision.allowed) return undefined;
    this.#context.count('limited');
    return problemReply(exchange, 'rate_limited', '', {
      'Retry-After': String(Math.max(1, Math.ceil(decision.retryAfterMs / 1000))),
    });
  }

  /**
   * The fields of draft-ietf-httpapi-ratelimit-headers (versions 08 to 11): `t` is the time until the whole quota is
   * there again. Appended, since both are lists and other limits may apply to the same route.
   */
  onResponse(exchange: PluginExchange, response: PluginResponse): void {
    const decision = exchange.locals.get(this) as LimitDecision | undefined;
    if (decision === undefined) return;
    response.headers.append('RateLimit-Policy', this.#policyField);
    response.headers.append(
      'RateLimit',
      `${this.#item};r=${decision.remaining};t=${Math.ceil(decision.resetMs / 1000)}`,
    );
  }
}

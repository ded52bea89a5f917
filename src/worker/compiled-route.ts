import { OriginSet } from '../http/origins.ts';
import { GRPC_CONDITION_STATUS, RETRIABLE_GRPC } from '../routing/grpc-conditions.ts';
import type { ProxyAction, RetryCondition, Route } from '../routing/model.ts';
import { rewritePath } from '../routing/rewrite.ts';
import type { RouteMetrics } from '../telemetry/route-metrics.ts';
import type { Chain } from './chain.ts';
import type { UpstreamRuntime } from './upstream-registry.ts';

/** When a try may be repeated, as flags. */
export class RetryRules {
  readonly attempts: number;
  readonly onConnectFailure: boolean;
  readonly onReset: boolean;
  readonly onTimeout: boolean;
  readonly perTryTimeout: number;
  readonly budget: number;
  readonly bodyLimit: number;
  readonly #statuses: ReadonlySet<RetryCondition>;
  /** Bit k: status k of gRPC. */
  readonly #grpcStatuses: number;

  constructor(action: ProxyAction) {
    const { retries } = action;
    const on = new Set(retries.on);
    this.attempts = retries.attempts;
    this.onConnectFailure = on.has('connect-failure');
    // A connection lost before the response head reaches the client as 502, a timeout as 504: naming those statuses
    // means these cases too.
    this.onReset = on.has('reset') || on.has(502);
    this.onTimeout = on.has('timeout') || on.has(504);
    this.perTryTimeout = retries.perTryTimeout;
    this.budget = retries.budget;
    this.bodyLimit = retries.bodyLimit;
    this.#statuses = on;
    this.#grpcStatuses = RETRIABLE_GRPC.reduce(
      (bits, name) => (on.has(name) ? bits | (1 << GRPC_CONDITION_STATUS[name]) : bits),
      0,
    );
  }

  onStatus(status: number): boolean {
    return status >= 400 && this.#statuses.has(status);
  }

  onGrpcStatus(status: number): boolean {
    return status > 0 && ((this.#grpcStatuses >> status) & 1) === 1;
  }
}

export interface CompiledTarget {
  readonly runtime: UpstreamRuntime;
  readonly weight: number;
}

/** A route as a worker runs it, made when the first request of a generation matches it. */
export class CompiledRoute {
  readonly route: Route;
  readonly metrics: RouteMetrics;
  readonly chain: Chain | null;
  /** Not `''`: a plugin of this route cannot run, so the route stays closed. */
  readonly unavailable: string;
  readonly targets: readonly CompiledTarget[];
  readonly retries: RetryRules | null;
  readonly proxy: ProxyAction | null;
  /** Null when the route takes no WebSocket. */
  readonly webSocketOrigins: OriginSet | null;
  /** Its services take gRPC, so that gRPC-Web is made gRPC for them. */
  readonly takesGrpc: boolean;
  readonly #totalWeight: number;

  constructor(
    route: Route,
    metrics: RouteMetrics,
    chain: Chain | null,
    unavailable: string,
    targets: readonly CompiledTarget[],
  ) {
    this.route = route;
    this.metrics = metrics;
    this.chain = chain;
    this.unavailable = unavailable;
    this.targets = targets;
    this.proxy = route.action.kind === 'proxy' ? route.action : null;
    const webSocket = this.proxy?.webSocket ?? null;
    this.webSocketOrigins = webSocket === null ? null : new OriginSet(webSocket.origins);
    this.retries = this.proxy === null ? null : new RetryRules(this.proxy);
    this.takesGrpc = targets.length > 0 && targets.every(({ runtime }) => runtime.record.protocol === 'h2');
    this.#totalWeight = targets.reduce((sum, target) => sum + target.weight, 0);
  }

  /** One of the targets by weight; undefined only when all weights are 0. */
  chooseTarget(): UpstreamRuntime | undefined {
    const targets = this.targets;
    if (targets.length === 1) return targets[0]!.runtime;
    let ticket = Math.random() * this.#totalWeight;
    for (let i = 0; i < targets.length; i++) {
      ticket -= targets[i]!.weight;
      if (ticket < 0) return targets[i]!.runtime;
    }
    return undefined;
  }

  /** Request target for the endpoint: the received one unless a rewrite or rule B13 asks for another. */
  upstreamTarget(received: string, path: string, search: string, canonicalOnly: boolean): string {
    const rewrite = this.proxy!.rewrite;
    if (rewrite !== null) return rewritePath(rewrite, path) + search;
    return canonicalOnly ? path + search : received;
  }
}

/** Notices what services may want to know of the gateway, and has it sent. */

import { WebhookSender, type WebhookSenderOptions } from '../../farp/events/webhook-sender.ts';
import { type WebhookTarget, webhookTargets } from '../../farp/events/webhook-targets.ts';
import type { LocationRules } from '../../farp/fetch/locations.ts';
import type { Service } from '../../farp/model.ts';
import type { Upstream } from '../../routing/model.ts';
import type { UpstreamCells } from '../../shared/upstream-cells.ts';
import type { InForce } from '../status.ts';

export interface GatewayEventsOptions extends Omit<WebhookSenderOptions, 'targets'> {
  readonly services: () => readonly Service[];
  readonly rules: () => LocationRules & { readonly enabled: boolean };
  readonly upstreamCells: UpstreamCells;
}

/** Breakers open and close in the workers; shared memory is looked at this often. Milliseconds. */
const BREAKER_INTERVAL = 500;
const SHUTDOWN_PATIENCE = 3_000;

type BreakerState = 'closed' | 'open';

export class GatewayEvents {
  readonly #options: GatewayEventsOptions;
  readonly #sender: WebhookSender;
  readonly #timer: NodeJS.Timeout;
  #inForce: InForce | null = null;
  /** Which routes each service had. */
  #routes = new Map<string, string>();
  readonly #breakers = new Map<string, BreakerState>();
  #known: { readonly services: readonly Service[]; readonly targets: readonly WebhookTarget[] } | null = null;
  readonly #refused = new Map<string, string>();

  constructor(options: GatewayEventsOptions) {
    this.#options = options;
    this.#sender = new WebhookSender({ ...options, targets: () => this.#targets() });
    this.#timer = setInterval(() => this.#lookAtBreakers(), BREAKER_INTERVAL);
    this.#timer.unref();
  }

  /** This is served now. */
  published(inForce: InForce): void {
    const before = this.#inForce;
    this.#inForce = inForce;
    this.#known = null;
    // Most gateways have nobody to tell, and many routes.
    const routes = this.#targets().length === 0 ? new Map<string, string>() : routesByService(inForce);
    for (const [service, text] of routes)
      if (this.#routes.get(service) !== text)
        this.#sender.emit('routes.changed', { service_name: service, version: inForce.version }, service);
    this.#routes = routes;
    if (before !== null && before.config !== inForce.config)
      this.#sender.emit('config.updated', { version: inForce.version });
  }

  /** Tells that the gateway goes, and waits a moment for the services to have heard it. */
  async shutdown(timeout: number): Promise<void> {
    clearInterval(this.#timer);
    this.#sender.emit('routes.draining', { timeout_ms: timeout });
    await this.#sender.shutdown({ timeout_ms: timeout }, SHUTDOWN_PATIENCE);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sender.close();
  }

  /** The same list as long as the services are the same. */
  #targets(): readonly WebhookTarget[] {
    const { services, rules, log } = this.#options;
    const current = rules();
    if (!current.enabled) return [];
    const list = services();
    if (this.#known?.services === list) return this.#known.targets;
    const { targets, refused } = webhookTargets(list, current);
    this.#known = { services: list, targets };
    for (const [instance, reason] of refused)
      if (this.#refused.get(instance) !== reason) log('warn', 'a webhook is not used', { instance, reason });
    this.#refused.clear();
    for (const [instance, reason] of refused) this.#refused.set(instance, reason);
    return targets;
  }

  #lookAtBreakers(): void {
    if (this.#inForce === null || this.#targets().length === 0) return;
    const now = performance.now();
    for (const upstream of this.#inForce.routeSet.upstreams) {
      const { name, slot, circuitBreaker } = upstream;
      if (circuitBreaker === null) continue;
      const { breaker } = this.#options.upstreamCells.status(slot, now);
      // Half-open is neither: it becomes one of them.
      if (breaker === 'half-open') continue;
      const before = this.#breakers.get(name) ?? 'closed';
      if (breaker === before) continue;
      if (breaker === 'closed') this.#breakers.delete(name);
      else this.#breakers.set(name, breaker);
      this.#sender.emit(`circuit.breaker.${breaker}`, breakerData(upstream), serviceOf(name));
    }
  }
}

/** Beside the upstream in the words of the specification; the breaker counts failures in a row, so the rate is all of them. */
function breakerData({ name, circuitBreaker }: Upstream): object {
  return {
    upstream: name,
    reason: 'consecutive failures',
    threshold: circuitBreaker?.failureThreshold ?? 0,
    window: `${(circuitBreaker?.timeout ?? 0) / 1000}s`,
  };
}

/** `orders`, `orders~v2` and, where a configured upstream has the name, `farp:orders` are those of the service `orders`. */
function serviceOf(upstream: string): string {
  return upstream.replace(/^farp:/, '').replace(/~.*$/, '');
}

function routesByService({ routeSet }: InForce): Map<string, string> {
  const routes = new Map<string, string>();
  for (const { source, id, path, methods, host, action } of routeSet.routes) {
    if (source !== 'farp' || action.kind !== 'proxy') continue;
    const service = serviceOf(action.targets[0]?.upstream ?? id);
    routes.set(service, `${routes.get(service) ?? ''}${host}${path} ${methods.join()}\n`);
  }
  return routes;
}

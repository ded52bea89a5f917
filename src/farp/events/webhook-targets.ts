/** Which instances want to be told of what happens at the gateway, and where. */
import { FetchError } from '../fetch/fetch-error.ts';
import { type LocationRules, schemaLocation } from '../fetch/locations.ts';
import type { ManifestWebhook, Service } from '../model.ts';

export interface WebhookTarget {
  readonly service: string;
  readonly instance: string;
  readonly url: URL;
  readonly secret: string;
  /** Empty: all. */
  readonly events: readonly string[];
  readonly retry: ManifestWebhook['retry'];
}

export interface WebhookTargets {
  readonly targets: readonly WebhookTarget[];
  /** Addresses that the gateway does not send to, by service and instance, and why. */
  readonly refused: ReadonlyMap<string, string>;
}

/** A webhook has to be at the instance that wants it, or at a host that is allowed: the rules are those of schemas. */
export function webhookTargets(services: readonly Service[], rules: LocationRules): WebhookTargets {
  const targets: WebhookTarget[] = [];
  const refused = new Map<string, string>();
  for (const service of services) {
    const urls = new Set<string>();
    for (const instance of service.instances) {
      const webhook = instance.manifest?.webhook ?? null;
      if (webhook === null || webhook.serviceWebhook === '') continue;
      try {
        const url = schemaLocation(webhook.serviceWebhook, instance, null, rules);
        // Instances that name one common place are told once.
        if (urls.has(url.href)) continue;
        urls.add(url.href);
        targets.push({
          service: service.name,
          instance: instance.id,
          url,
          secret: webhook.secret,
          events: webhook.subscribeEvents,
          retry: webhook.retry,
        });
      } catch (error) {
        if (!(error instanceof FetchError)) throw error;
        refused.set(`${service.name}/${instance.id}`, error.message);
      }
    }
  }
  return { targets, refused };
}

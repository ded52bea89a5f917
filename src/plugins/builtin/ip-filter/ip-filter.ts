import { IpSet, parseIp } from '../../../shared/ip.ts';
import type { PluginContext, PluginExchange, PluginHooks, PluginReply } from '../../api.ts';
import type { CheckedPlugin } from '../../checked-plugin.ts';
import { problemReply } from '../../problem.ts';
import type { IpFilterConfig } from './schema.ts';

export const ipFilterPlugin: CheckedPlugin<IpFilterConfig> = {
  name: 'ip-filter',
  version: '1.0.0',
  setup: (config, context) => new IpFilter(new IpSet(config.allow), new IpSet(config.deny), context),
};

const words = new Uint32Array(4);

class IpFilter implements PluginHooks {
  readonly #allow: IpSet;
  readonly #deny: IpSet;
  readonly #context: PluginContext;

  constructor(allow: IpSet, deny: IpSet, context: PluginContext) {
    this.#allow = allow;
    this.#deny = deny;
    this.#context = context;
  }

  onRequest(exchange: PluginExchange): PluginReply | undefined {
    const { clientIp } = exchange.request;
    // What is no address (an odd X-Forwarded-For entry of a trusted proxy) is in no list, so it must not pass a deny list.
    const listed = this.#allow.size === 0 ? parseIp(clientIp, words) !== 0 : this.#allow.has(clientIp);
    if (listed && !this.#deny.has(clientIp)) return undefined;
    this.#context.count('refused');
    return problemReply(exchange, 'forbidden');
  }
}

import { IpSet, parseIp } from '../../../shared/ip.js';
import { definePlugin, } from '../../api.js';
import { problemReply } from '../../problem.js';
import { ipFilterSchema } from './schema.js';
export const ipFilter = definePlugin({
    name: 'ip-filter',
    version: '1.0.0',
    config: ipFilterSchema,
    setup: (config, context) => new IpFilter(new IpSet(config.allow), new IpSet(config.deny), context),
});
const words = new Uint32Array(4);
class IpFilter {
    #allow;
    #deny;
    #context;
    constructor(allow, deny, context) {
        this.#allow = allow;
        this.#deny = deny;
        this.#context = context;
    }
    onRequest(exchange) {
        const { clientIp } = exchange.request;
        // What is no address (an odd X-Forwarded-For entry of a trusted proxy) is in no list, so it must not pass a deny list.
        const listed = this.#allow.size === 0 ? parseIp(clientIp, words) !== 0 : this.#allow.has(clientIp);
        if (listed && !this.#deny.has(clientIp))
            return undefined;
        this.#context.count('refused');
        return problemReply(exchange, 'forbidden');
    }
}
//# sourceMappingURL=ip-filter.js.map
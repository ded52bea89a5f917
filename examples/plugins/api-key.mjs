// An API key for each consumer. Needs nothing installed: `config` gets zod from the gateway.
//
//   plugins:
//     - name: api-key-demo
//       path: ./examples/plugins/api-key.mjs
//       config: { keys: { mobile: ${MOBILE_KEY}, partner: ${PARTNER_KEY} } }
//   routes:
//     - { path: /orders/*, upstream: orders, middleware: [api-key-demo] }
import { createHash, timingSafeEqual } from 'node:crypto';

/** @param {string} text */
const digest = (text) => createHash('sha256').update(text).digest();

/** @type {import('octopus-gateway/plugin').UserPlugin<{ header: string, keys: Record<string, string> }>} */
export const plugin = {
  name: 'api-key-demo',
  version: '1.0.0',
  // Only this plugin may set it: the gateway removes it from every request of a client.
  ownsHeaders: ['X-Api-Consumer'],

  config: (z) =>
    z.strictObject({
      header: z.string().default('X-Api-Key'),
      keys: z.record(z.string(), z.string().min(8, 'a key needs at least 8 characters')),
    }),

  setup(config, context) {
    // Once, at load: a request then costs one hash and a few comparisons.
    const consumers = Object.entries(config.keys).map(([name, key]) => ({ name, digest: digest(key) }));
    context.log('info', 'api keys loaded', { consumers: consumers.length });

    return {
      onRequest(exchange) {
        const { headers } = exchange.request;
        const sent = digest(headers.get(config.header) ?? '');
        const consumer = consumers.find((known) => timingSafeEqual(known.digest, sent));
        if (consumer === undefined) {
          context.count('refused');
          return {
            status: 401,
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ error: 'unknown API key', request_id: exchange.requestId }),
          };
        }
        headers.delete(config.header);
        headers.set('X-Api-Consumer', consumer.name);
      },
    };
  },
};

// Masks card numbers in JSON responses. Wants the whole body, up to 1 MB: a number may be split over two pieces.
//
//   plugins:
//     - { name: mask-cards, path: ./examples/plugins/mask-cards.mjs }
//   middleware: [mask-cards]

const CARD = /\b\d(?:[ -]?\d){11,14}([ -]?\d){4}\b/g;

/** @type {import('octopus-gateway/plugin').UserPlugin} */
export const plugin = {
  name: 'mask-cards',
  version: '1.0.0',
  wholeBody: { response: 1024 * 1024 },

  setup(_config, context) {
    return {
      onRequest(exchange) {
        // What the service compresses could not be read here.
        exchange.request.headers.delete('Accept-Encoding');
      },

      onResponse(exchange, response) {
        const isJson = /^application\/(.+\+)?json\b/.test(response.headers.get('Content-Type') ?? '');
        if (!isJson || response.headers.has('Content-Encoding')) return;
        exchange.locals.set(plugin, true);
        // The length may change, and the service's tag no longer stands for these bytes.
        response.headers.delete('Content-Length');
        response.headers.delete('ETag');
      },

      onResponseBody(exchange, chunk) {
        if (!exchange.locals.has(plugin)) return undefined;
        const text = Buffer.from(chunk).toString('utf8');
        const masked = text.replace(CARD, (card) => '*'.repeat(card.length - 4) + card.slice(-4));
        if (masked === text) return undefined;
        context.count('masked');
        return Buffer.from(masked);
      },
    };
  },
};

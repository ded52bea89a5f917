import { IsolatedPlugin } from './isolated-plugin.js';
import { applyEdits, flatten } from './snapshot.js';
/**
 * Sets a plugin up in a thread of its own. What it returns looks like any other plugin: hooks that send what they got to
 * the thread and apply what comes back.
 *
 * @throws PluginLoadError
 */
export async function isolatePlugin(instance, host) {
    const plugin = new IsolatedPlugin(instance, host);
    const ready = await plugin.start();
    const hooks = proxyHooks(plugin, new Set(ready.hooks));
    return { definition: ready.definition, hooks, release: [() => plugin.close()] };
}
let lastExchange = 0;
/** Only the hooks that the plugin has, and `onEnd`, so that the thread can forget the exchange. */
function proxyHooks(plugin, present) {
    const call = async (exchange, body) => {
        let known = exchange.locals.get(plugin);
        if (known === undefined) {
            known = { id: ++lastExchange, exchange, thread: 0 };
            exchange.locals.set(plugin, known);
        }
        const result = await plugin.call(known, body);
        exchange.requestId = result.requestId;
        return result;
    };
    const all = {
        async onRequest(exchange) {
            const { edits, reply } = await call(exchange, { hook: 'onRequest' });
            applyEdits(exchange.request.headers, edits);
            return reply ?? undefined;
        },
        async onUpstreamRequest(exchange, headers) {
            const { edits } = await call(exchange, { hook: 'onUpstreamRequest', headers: flatten(headers) });
            applyEdits(headers, edits);
        },
        async onResponse(exchange, response) {
            const { status, hasBody, local, headers } = response;
            const body = { hook: 'onResponse', status, hasBody, local, headers: flatten(headers) };
            const result = await call(exchange, body);
            applyEdits(headers, result.edits);
            response.status = result.status;
            return result.reply ?? undefined;
        },
        async onRequestBody(exchange, chunk, last) {
            return (await call(exchange, { hook: 'onRequestBody', chunk, last })).chunk ?? undefined;
        },
        async onResponseBody(exchange, chunk, last) {
            return (await call(exchange, { hook: 'onResponseBody', chunk, last })).chunk ?? undefined;
        },
        onEnd(exchange, outcome) {
            const known = exchange.locals.get(plugin);
            if (known !== undefined)
                plugin.end(known, outcome);
        },
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => present.has(name) || name === 'onEnd'));
}
//# sourceMappingURL=isolate.js.map
import type { PluginInstance } from '../../routing/model.ts';
import type {
  ExchangeOutcome,
  HeaderView,
  PluginExchange,
  PluginHooks,
  PluginReply,
  PluginResponse,
} from '../api.ts';
import type { InstantiatedPlugin, PluginHost } from '../instantiate.ts';
import { IsolatedPlugin } from './isolated-plugin.ts';
import type { HookCall, HookResult } from './messages.ts';
import type { IsolatedExchange } from './pending-call.ts';
import { applyEdits, flatten } from './snapshot.ts';

/**
 * Sets a plugin up in a thread of its own. What it returns looks like any other plugin: hooks that send what they got to
 * the thread and apply what comes back.
 *
 * @throws PluginLoadError
 */
export async function isolatePlugin(instance: PluginInstance, host: PluginHost): Promise<InstantiatedPlugin> {
  const plugin = new IsolatedPlugin(instance, host);
  const ready = await plugin.start();
  const hooks = proxyHooks(plugin, new Set(ready.hooks));
  return { definition: ready.definition, hooks, release: [() => plugin.close()] };
}

let lastExchange = 0;

/** Only the hooks that the plugin has, and `onEnd`, so that the thread can forget the exchange. */
function proxyHooks(plugin: IsolatedPlugin, present: ReadonlySet<string>): PluginHooks {
  const call = async (exchange: PluginExchange, body: HookCall): Promise<HookResult> => {
    let known = exchange.locals.get(plugin) as IsolatedExchange | undefined;
    if (known === undefined) {
      known = { id: ++lastExchange, exchange, thread: 0 };
      exchange.locals.set(plugin, known);
    }
    const result = await plugin.call(known, body);
    exchange.requestId = result.requestId;
    return result;
  };
  const all: Required<PluginHooks> = {
    async onRequest(exchange: PluginExchange): Promise<PluginReply | undefined> {
      const { edits, reply } = await call(exchange, { hook: 'onRequest' });
      applyEdits(exchange.request.headers, edits);
      return reply ?? undefined;
    },
    async onUpstreamRequest(exchange: PluginExchange, headers: HeaderView): Promise<void> {
      const { edits } = await call(exchange, { hook: 'onUpstreamRequest', headers: flatten(headers) });
      applyEdits(headers, edits);
    },
    async onResponse(exchange: PluginExchange, response: PluginResponse): Promise<PluginReply | undefined> {
      const { status, hasBody, local, headers } = response;
      const body: HookCall = { hook: 'onResponse', status, hasBody, local, headers: flatten(headers) };
      const result = await call(exchange, body);
      applyEdits(headers, result.edits);
      response.status = result.status;
      return result.reply ?? undefined;
    },
    async onRequestBody(
      exchange: PluginExchange,
      chunk: Uint8Array,
      last: boolean,
    ): Promise<Uint8Array | undefined> {
      return (await call(exchange, { hook: 'onRequestBody', chunk, last })).chunk ?? undefined;
    },
    async onResponseBody(
      exchange: PluginExchange,
      chunk: Uint8Array,
      last: boolean,
    ): Promise<Uint8Array | undefined> {
      return (await call(exchange, { hook: 'onResponseBody', chunk, last })).chunk ?? undefined;
    },
    onEnd(exchange: PluginExchange, outcome: ExchangeOutcome): void {
      const known = exchange.locals.get(plugin) as IsolatedExchange | undefined;
      if (known !== undefined) plugin.end(known, outcome);
    },
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => present.has(name) || name === 'onEnd'));
}

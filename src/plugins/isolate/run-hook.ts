import type { MaybePromise, PluginHooks, PluginReply, PluginResponse } from '../api.ts';
import type { HookCall, HookResult } from './messages.ts';
import { RecordingHeaders, type ThreadExchange } from './thread-exchange.ts';

interface Made {
  readonly reply?: PluginReply | null | undefined;
  readonly chunk?: Uint8Array | undefined;
  readonly status?: number;
}

/** Runs one hook on the thread's copy of the exchange and collects what it did. Throws or rejects as the hook does. */
export function runHook(
  hooks: PluginHooks,
  exchange: ThreadExchange,
  call: HookCall,
): MaybePromise<HookResult> {
  switch (call.hook) {
    case 'onRequest':
      return collect(exchange, exchange.headers, hooks.onRequest?.(exchange), (reply) => ({
        reply: reply ?? null,
      }));
    case 'onUpstreamRequest': {
      const headers = new RecordingHeaders(call.headers);
      return collect(exchange, headers, hooks.onUpstreamRequest?.(exchange, headers), () => ({}));
    }
    case 'onResponse': {
      const headers = new RecordingHeaders(call.headers);
      const response: PluginResponse = {
        status: call.status,
        hasBody: call.hasBody,
        local: call.local,
        headers,
      };
      const made = hooks.onResponse?.(exchange, response);
      return collect(exchange, headers, made, (reply) => ({ reply: reply ?? null, status: response.status }));
    }
    case 'onRequestBody':
    case 'onResponseBody': {
      const made = hooks[call.hook]?.(exchange, call.chunk, call.last);
      return collect(exchange, null, made, (chunk) => ({ chunk: chunk ?? undefined }));
    }
  }
}

function collect<T>(
  exchange: ThreadExchange,
  headers: RecordingHeaders | null,
  made: MaybePromise<T>,
  read: (value: T) => Made,
): MaybePromise<HookResult> {
  if (made instanceof Promise) return made.then((value) => resultOf(exchange, headers, read(value)));
  return resultOf(exchange, headers, read(made));
}

function resultOf(exchange: ThreadExchange, headers: RecordingHeaders | null, made: Made): HookResult {
  return {
    edits: headers?.takeEdits() ?? [],
    requestId: exchange.requestId,
    status: made.status ?? 0,
    reply: made.reply ?? null,
    // A copy: what the hook returned may be a part of a larger buffer, and is the thread's to keep.
    chunk: made.chunk === undefined ? null : new Uint8Array(made.chunk),
  };
}

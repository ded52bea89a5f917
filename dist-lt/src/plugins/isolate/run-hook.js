import { RecordingHeaders } from './thread-exchange.js';
/** Runs one hook on the thread's copy of the exchange and collects what it did. Throws or rejects as the hook does. */
export function runHook(hooks, exchange, call) {
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
            const response = {
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
function collect(exchange, headers, made, read) {
    if (made instanceof Promise)
        return made.then((value) => resultOf(exchange, headers, read(value)));
    return resultOf(exchange, headers, read(made));
}
function resultOf(exchange, headers, made) {
    return {
        edits: headers?.takeEdits() ?? [],
        requestId: exchange.requestId,
        status: made.status ?? 0,
        reply: made.reply ?? null,
        // A copy: what the hook returned may be a part of a larger buffer, and is the thread's to keep.
        chunk: made.chunk === undefined ? null : new Uint8Array(made.chunk),
    };
}
//# sourceMappingURL=run-hook.js.map
import { inherit } from '../schema/inherit.js';
import { sseSchema, webSocketSchema } from '../schema/streams.js';
export function streamPolicies(own, routing) {
    const sse = inherit(sseSchema, routing.sse, own.sse);
    return {
        webSocket: webSocketPolicy(own.websocket ?? routing.websocket, own, routing),
        eventStream: { heartbeat: sse.heartbeat, idleTimeout: sse.idle_timeout },
    };
}
function webSocketPolicy(strongest, own, routing) {
    if (strongest === false)
        return null;
    // A plain `true` switches on what the layers below say.
    const layers = [routing.websocket, own.websocket].map((layer) => (layer === true ? undefined : layer));
    const policy = inherit(webSocketSchema, ...layers);
    return { idleTimeout: policy.idle_timeout, maxDuration: policy.max_duration, origins: policy.origins };
}
//# sourceMappingURL=streams.js.map
/** `websocket` and `sse` of a route as policies of the routing model. */
import type { EventStreamPolicy, WebSocketPolicy } from '../../routing/model.ts';
import { inherit } from '../schema/inherit.ts';
import type { RouteConfig, RoutingConfig } from '../schema/schema.ts';
import { sseSchema, webSocketSchema } from '../schema/streams.ts';

export function streamPolicies(
  own: Pick<RouteConfig, 'websocket' | 'sse'>,
  routing: RoutingConfig,
): { readonly webSocket: WebSocketPolicy | null; readonly eventStream: EventStreamPolicy } {
  const sse = inherit(sseSchema, routing.sse, own.sse);
  return {
    webSocket: webSocketPolicy(own.websocket ?? routing.websocket, own, routing),
    eventStream: { heartbeat: sse.heartbeat, idleTimeout: sse.idle_timeout },
  };
}

function webSocketPolicy(
  strongest: RoutingConfig['websocket'],
  own: Pick<RouteConfig, 'websocket'>,
  routing: RoutingConfig,
): WebSocketPolicy | null {
  if (strongest === false) return null;
  // A plain `true` switches on what the layers below say.
  const layers = [routing.websocket, own.websocket].map((layer) => (layer === true ? undefined : layer));
  const policy = inherit(webSocketSchema, ...layers);
  return { idleTimeout: policy.idle_timeout, maxDuration: policy.max_duration, origins: policy.origins };
}

/**
 * The one table of metrics. Workers record by it, the primary renders by it, and `docs/metrics.md` is generated from
 * it. A metric stands here only when something feeds it.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricEntry {
  readonly type: MetricType;
  /** One sentence, shown to Prometheus and in the docs. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds in seconds, ascending, without `+Inf`; histograms only. */
  readonly buckets?: readonly number[];
}

/** From half a millisecond (a cached or local answer) to the default route timeout of 30 s. */
const LATENCY_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

export const METRICS = {
  octopus_requests_total: {
    type: 'counter',
    help: 'Requests that were read and answered, by method, status sent (499: the client went away first) and route pattern.',
    labels: ['method', 'status', 'route'],
  },
  octopus_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the complete request head to the last byte of the response; of a WebSocket, to its 101.',
    labels: ['method', 'route'],
    buckets: LATENCY_SECONDS,
  },
  octopus_grpc_requests_total: {
    type: 'counter',
    help: 'Calls of gRPC and gRPC-Web that have ended, by method and by the status that the client got.',
    labels: ['service', 'method', 'grpc_status', 'upstream'],
  },
  octopus_grpc_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the complete request head to the end of the call, which is as long as the stream where there is one.',
    labels: ['service', 'method'],
    buckets: LATENCY_SECONDS,
  },
  octopus_grpc_messages_total: {
    type: 'counter',
    help: 'Messages of gRPC that have passed: received from clients, sent to clients.',
    labels: ['service', 'method', 'direction'],
  },
  octopus_active_connections: {
    type: 'gauge',
    help: 'Client connections that are open now.',
    labels: [],
  },
  octopus_tls_handshakes_total: {
    type: 'counter',
    help: 'TLS handshakes with clients by result: full, resumed, or why they failed.',
    labels: ['result'],
  },
  octopus_worker_connections: {
    type: 'gauge',
    help: 'Client connections that are open now, by worker thread.',
    labels: ['worker'],
  },
  octopus_websocket_connections: {
    type: 'gauge',
    help: 'WebSocket connections that are open now, by route pattern.',
    labels: ['route'],
  },
  octopus_bytes_received_total: {
    type: 'counter',
    help: 'Bytes of request bodies and over WebSocket connections received from clients.',
    labels: [],
  },
  octopus_bytes_sent_total: {
    type: 'counter',
    help: 'Bytes of response bodies and over WebSocket connections sent to clients.',
    labels: [],
  },
  octopus_errors_total: {
    type: 'counter',
    help: 'Exchanges that ended with an error of the error table, by code.',
    labels: ['code'],
  },
  octopus_rejected_requests_total: {
    type: 'counter',
    help: 'Requests refused while they were read, which no other metric counts, by code of the error table.',
    labels: ['code'],
  },
  octopus_upstream_requests_total: {
    type: 'counter',
    help: 'Responses received from endpoints, each try counted, by upstream and status.',
    labels: ['upstream', 'status'],
  },
  octopus_upstream_failures_total: {
    type: 'counter',
    help: 'Tries that ended without a response, by upstream and code of the error table.',
    labels: ['upstream', 'code'],
  },
  octopus_upstream_retries_total: {
    type: 'counter',
    help: 'Tries after the first one.',
    labels: ['upstream'],
  },
  octopus_upstream_retries_abandoned_total: {
    type: 'counter',
    help: 'Failed tries that the policy would have repeated but something forbade it, by reason.',
    labels: ['upstream', 'reason'],
  },
  octopus_upstream_connections: {
    type: 'gauge',
    help: 'Connections to endpoints that are open now, busy and idle.',
    labels: ['upstream'],
  },
  octopus_upstream_connections_opened_total: {
    type: 'counter',
    help: 'Connections made to endpoints.',
    labels: ['upstream'],
  },
  octopus_upstream_connections_reused_total: {
    type: 'counter',
    help: 'Requests sent on a connection that had served another one before.',
    labels: ['upstream'],
  },
  octopus_upstream_pipelining_fallbacks_total: {
    type: 'counter',
    help: 'Times that a worker stopped pipelining to an endpoint for a while, because the endpoint closed, was slow or answered out of shape.',
    labels: ['upstream'],
  },
  octopus_circuit_breaker_state: {
    type: 'gauge',
    help: 'State of the circuit breaker: 0 closed, 1 half-open, 2 open.',
    labels: ['upstream'],
  },
  octopus_endpoint_healthy: {
    type: 'gauge',
    help: '1 if the endpoint may receive requests, 0 if it is unhealthy or ejected.',
    labels: ['upstream', 'endpoint'],
  },
  octopus_endpoint_in_flight: {
    type: 'gauge',
    help: 'Requests that are at the endpoint now.',
    labels: ['upstream', 'endpoint'],
  },
  octopus_endpoint_ejections_total: {
    type: 'counter',
    help: 'Times that an endpoint was ejected after consecutive failures.',
    labels: ['upstream', 'endpoint'],
  },
  octopus_plugin_loaded: {
    type: 'gauge',
    help: '1 for each plugin that the routes in force use.',
    labels: ['plugin', 'version'],
  },
  octopus_plugin_events_total: {
    type: 'counter',
    help: 'Events counted by plugins, for example refused requests.',
    labels: ['plugin', 'event'],
  },
  octopus_routes: {
    type: 'gauge',
    help: 'Routes in force.',
    labels: [],
  },
  octopus_route_conflicts: {
    type: 'gauge',
    help: 'Routes that lost to another route with the same match.',
    labels: [],
  },
  octopus_farp_push_instances: {
    type: 'gauge',
    help: 'Instances of services that have registered themselves.',
    labels: [],
  },
  octopus_farp_push_events_total: {
    type: 'counter',
    help: 'What services that register themselves did: registered, updated, heartbeat, deregistered, evicted, refused.',
    labels: ['event'],
  },
  octopus_farp_webhooks_total: {
    type: 'counter',
    help: 'Events for services, by result: delivered, failed (after all tries) or dropped (too many waited).',
    labels: ['result'],
  },
  octopus_config_reloads_total: {
    type: 'counter',
    help: 'Reloads, by result: applied, refused, or unchanged.',
    labels: ['result'],
  },
  octopus_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the configuration in force was applied, in seconds since 1970.',
    labels: [],
  },
  octopus_farp_services_total: {
    type: 'gauge',
    help: 'Services that are known by their manifest now.',
    labels: [],
  },
  octopus_farp_routes_total: {
    type: 'gauge',
    help: 'Paths of services that have routes now, by what they come from: openapi, asyncapi, graphql, route-table and so on.',
    labels: ['service', 'type'],
  },
  octopus_farp_schema_updates_total: {
    type: 'counter',
    help: 'Schemas that came into force, new ones and changed ones.',
    labels: ['service'],
  },
  octopus_discovery_up: {
    type: 'gauge',
    help: '1 if the discovery backend answers, 0 if it does not (yet).',
    labels: ['backend'],
  },
  octopus_discovery_stale_seconds: {
    type: 'gauge',
    help: 'How old the state of the discovery backend is: seconds since it last answered, 0 while its watch stands.',
    labels: ['backend'],
  },
  octopus_discovery_failures_total: {
    type: 'counter',
    help: 'Times that the watch of the discovery backend failed.',
    labels: ['backend'],
  },
  octopus_discovery_instances: {
    type: 'gauge',
    help: 'Instances that the discovery backend told of last.',
    labels: ['backend'],
  },
  octopus_discovery_updates_total: {
    type: 'counter',
    help: 'Times that discovery gave reason for other routes, by what came of it: applied, unchanged or refused.',
    labels: ['result'],
  },
  octopus_workers: {
    type: 'gauge',
    help: 'Worker threads that serve now.',
    labels: [],
  },
  octopus_worker_requests_total: {
    type: 'counter',
    help: 'Requests that ended, by worker thread: shows how evenly the kernel spreads the connections.',
    labels: ['worker'],
  },
  octopus_worker_restarts_total: {
    type: 'counter',
    help: 'Worker threads that died and were replaced.',
    labels: [],
  },
  octopus_worker_hangs_total: {
    type: 'counter',
    help: 'Worker threads that hung for longer than server.worker_hang_timeout and were ended.',
    labels: [],
  },
  octopus_worker_event_loop_utilization: {
    type: 'gauge',
    help: 'Share of the last interval in which the worker thread was busy, 0 to 1.',
    labels: ['worker'],
  },
  octopus_worker_event_loop_delay_seconds: {
    type: 'gauge',
    help: 'Longest delay of the event loop of the worker thread in the last interval.',
    labels: ['worker'],
  },
  octopus_worker_heap_used_bytes: {
    type: 'gauge',
    help: 'JavaScript heap in use by the worker thread.',
    labels: ['worker'],
  },
  octopus_log_lines_dropped_total: {
    type: 'counter',
    help: 'Log lines thrown away because the reader of the log was too slow.',
    labels: [],
  },
  octopus_metric_series_overflowed_total: {
    type: 'counter',
    help: 'Series that were merged into the label value __overflow__ because there were too many.',
    labels: [],
  },
  octopus_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels tell what runs.',
    labels: ['version', 'node'],
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof METRICS;

type NamesOf<Type extends MetricType> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** Exactly the labels that the table lists for the metric. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]['labels'][number], string>
>;

/** Label value of what is counted together because there are too many different values. */
export const OVERFLOW = '__overflow__';
/** Value of the label `route` for requests that matched no route. */
export const UNMATCHED = '__unmatched__';
/** Value of the labels `service` and `method` for calls of methods that nobody has confirmed. */
export const UNKNOWN_METHOD = '__unknown__';

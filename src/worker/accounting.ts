import { ERRORS } from '../http/errors.ts';
import { grpcStatus } from '../http/grpc.ts';
import { NO_STATUS, UNKNOWN } from '../http/grpc-status.ts';
import { exactNow } from '../shared/coarse-clock.ts';
import { traceIdOf } from '../telemetry/trace-context.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { GrpcCall } from './grpc-call.ts';
import type { Plane } from './plane.ts';
import type { ProxyCall } from './proxy-call.ts';

/** Counts and logs an exchange that has ended. @param call null when the request went to no upstream */
export function accountFor(plane: Plane, context: ExchangeContext, call: ProxyCall | null): void {
  const { exchange, route, errorCode, grpc, grpcReply } = context;
  const duration = exactNow() - exchange.startedAt;
  const status = finalStatus(context);
  // A tunnel was counted when it opened, its bytes as they came: it may go on for days.
  if (exchange.status !== 101) {
    const metrics = route === null ? plane.recorder.unmatched() : route.metrics;
    metrics.record(exchange.head.method, status, duration);
    plane.workerRequests.add(1);
    plane.bytesReceived.add(exchange.bytesReceived);
    plane.bytesSent.add(exchange.bytesSent);
  }
  if (errorCode !== '') plane.recorder.error(errorCode);
  if (grpc !== null || grpcReply !== NO_STATUS) countCall(plane, context, call, duration);
  if (context.generation.settings.accessLog.enabled) writeAccessLine(plane, context, call, status, duration);
  if (context.view !== null) tellPlugins(plane, context, status, duration);
}

/** 499 when the client went first; the status of the error when nothing could be sent any more. */
function finalStatus({ exchange, errorCode }: ExchangeContext): number {
  const { status } = exchange;
  if (status === 0 || (errorCode === 'client_closed' && status !== 101))
    return errorCode === '' ? 499 : ERRORS[errorCode].status;
  return status;
}

function countCall(plane: Plane, context: ExchangeContext, call: ProxyCall | null, duration: number): void {
  const { exchange, route } = context;
  const pattern = route === null ? '' : route.route.path;
  const grpc = context.grpc ?? new GrpcCall(exchange.head, pattern, 0, plane.recorder.grpc);
  grpc.record(grpcOutcome(context), call?.entered ? call.runtime.record.name : '', duration);
}

/** Status of gRPC that the client got, or would have got if it had stayed or the response had not broken off. */
function grpcOutcome({ grpc, grpcReply, errorCode }: ExchangeContext): number {
  if (grpcReply !== NO_STATUS) return grpcReply;
  if (errorCode !== '') return grpcStatus(ERRORS[errorCode].status);
  return grpc === null || grpc.status === NO_STATUS ? UNKNOWN : grpc.status;
}

function writeAccessLine(
  plane: Plane,
  context: ExchangeContext,
  call: ProxyCall | null,
  status: number,
  duration: number,
): void {
  const entry = plane.accessEntry;
  const { exchange, route } = context;
  const { head } = exchange;
  entry.reset();
  entry.traceId = traceIdOf(context.traceparent);
  entry.method = head.method;
  entry.path = head.path;
  entry.host = head.host;
  entry.status = status;
  entry.durationMs = duration;
  entry.requestId = context.requestId;
  entry.clientIp = context.clientIp;
  entry.bytesReceived = exchange.bytesReceived;
  entry.bytesSent = exchange.bytesSent;
  entry.error = context.errorCode;
  entry.errorDetail = context.errorDetail;
  if (route !== null) entry.route = route.route.path;
  if (call?.entered) {
    entry.upstream = call.runtime.record.name;
    entry.retries = call.retries;
    if (call.endpoint >= 0) entry.endpoint = call.runtime.record.endpoints[call.endpoint]!.address;
  }
  if (context.grpc !== null || context.grpcReply !== NO_STATUS) entry.grpcStatus = grpcOutcome(context);
  plane.accessLog.write(entry);
}

function tellPlugins(plane: Plane, context: ExchangeContext, status: number, durationMs: number): void {
  const { exchange, errorCode, view, route } = context;
  const outcome = { status, durationMs, error: errorCode, bytesSent: exchange.bytesSent };
  for (const link of route!.chain!.onEnd) {
    try {
      link.hooks.onEnd!(view!, outcome);
    } catch (error) {
      plane.log('error', 'plugin failed in onEnd', { plugin: link.name, error: String(error) });
    }
  }
}

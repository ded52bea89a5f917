/** Statuses of gRPC by which a call can be tried again; the names are those of Envoy's `retry_on`. */
export const RETRIABLE_GRPC = [
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
] as const;

export type GrpcCondition = (typeof RETRIABLE_GRPC)[number];

/** Their numbers on the wire. */
export const GRPC_CONDITION_STATUS: Readonly<Record<GrpcCondition, number>> = {
  cancelled: 1,
  'deadline-exceeded': 4,
  internal: 13,
  'resource-exhausted': 8,
  unavailable: 14,
};

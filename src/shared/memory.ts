/**
 * The memory that all threads share. Regions are sized once at start for the largest gateway supported; pages that are
 * never touched cost nothing.
 */

export const MAX_WORKERS = 64;
export const MAX_ENDPOINTS = 16_384;
export const MAX_UPSTREAMS = 8_192;

/** Buffers handed to every worker; the classes that read them live beside the feature that owns them. */
export interface SharedMemory {
  /** Endpoint health, ejection, latency and in-flight counts (`endpoint-cells.ts`). */
  readonly endpoints: SharedArrayBuffer;
  /** Breaker, balancing counter and retry budget of each upstream (`upstream-cells.ts`). */
  readonly upstreams: SharedArrayBuffer;
  /** Rate-limit cells (`limit-cells.ts`). */
  readonly limits: SharedArrayBuffer;
  /** One metric region per worker, by worker index (`telemetry/region.ts`). */
  readonly metrics: readonly SharedArrayBuffer[];
  /** A sign of life of each worker (`heartbeats.ts`). */
  readonly heartbeats: SharedArrayBuffer;
}

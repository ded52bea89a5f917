/** How calls of gRPC end. */
import type { HeaderBlock } from './header-block.ts';

/** Nobody has said yet how the call ends. */
export const NO_STATUS = -1;
export const OK = 0;
export const CANCELLED = 1;
export const UNKNOWN = 2;
export const DEADLINE_EXCEEDED = 4;
export const NOT_FOUND = 5;
export const UNIMPLEMENTED = 12;

/** By number, in the spelling of the gRPC project. */
export const STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE and DATA_LOSS: those that Envoy counts as 5xx, but for UNIMPLEMENTED. */
const SERVER_FAULTS = (1 << UNKNOWN) | (1 << DEADLINE_EXCEEDED) | (1 << 13) | (1 << 14) | (1 << 15);

const STATUS_LINE = /^grpc-status:[ \t]*([^\r]*?)[ \t]*\r$/im;

/** What a client makes of a response without a status (doc/http-grpc-status-mapping.md of the gRPC project). */
const STATUS_OF_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: UNIMPLEMENTED,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/**
 * What clients make of a stream that is reset with REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM or INADEQUATE_SECURITY (gRPC
 * over HTTP/2, "Errors"); all others are INTERNAL.
 */
const STATUS_OF_RESET: Readonly<Record<number, number>> = {
  7: 14,
  8: CANCELLED,
  11: 8,
  12: 7,
};

/** @param code of the RST_STREAM */
export function statusOfReset(code: number): number {
  return STATUS_OF_RESET[code] ?? 13;
}

/** @returns UNKNOWN for what is no number of a status, NO_STATUS when there is no `grpc-status` */
export function statusIn(fields: HeaderBlock): number {
  return statusOf(fields.get('grpc-status'));
}

/** The same for field lines, each with its CRLF. */
export function statusInLines(lines: string): number {
  return statusOf(STATUS_LINE.exec(lines)?.[1]);
}

/** The same for the value of the field. */
export function statusOf(value: string | undefined): number {
  if (value === undefined) return NO_STATUS;
  const status = /^\d{1,2}$/.test(value) ? Number(value) : UNKNOWN;
  return status < STATUS_NAMES.length ? status : UNKNOWN;
}

export function statusOfHttp(httpStatus: number): number {
  return STATUS_OF_HTTP[httpStatus] ?? UNKNOWN;
}

/** The service failed, as with a 5xx of HTTP other than 501; with others it has refused the call. False for NO_STATUS. */
export function isServerFault(status: number): boolean {
  return ((SERVER_FAULTS >> status) & 1) === 1;
}

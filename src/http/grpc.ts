/** What gRPC over HTTP/2 wants to be different: statuses in trailers, and deadlines that travel along. */
import type { HeaderBlock } from './header-block.ts';

const GRPC_TYPE = /^application\/grpc(?:[+;]|$)/i;
const GRPC_OR_WEB_TYPE = /^application\/grpc(?:-web(?:-text)?)?(?:[ \t]*;|\+|$)/i;
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Statuses of gRPC for those of HTTP; what is not here is 2, unknown. */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  405: 12,
  408: 4,
  413: 8,
  421: 14,
  429: 8,
  431: 8,
  499: 1,
  500: 13,
  501: 12,
  502: 14,
  503: 14,
  504: 4,
};

export function isGrpc(headers: Pick<HeaderBlock, 'get'>): boolean {
  return GRPC_TYPE.test(headers.get('content-type') ?? '');
}

/** @returns true for gRPC-Web too */
export function isGrpcType(contentType: string): boolean {
  return GRPC_OR_WEB_TYPE.test(contentType);
}

export function grpcStatus(httpStatus: number): number {
  return GRPC_STATUS[httpStatus] ?? 2;
}

/**
 * Field lines of a response that has trailers only.
 *
 * @param kept further field lines
 */
export function trailersOnly(httpStatus: number, message: string, kept: string): string {
  return `${kept}Content-Type: application/grpc\r\n${statusLines(grpcStatus(httpStatus), message)}`;
}

/** A status as field lines. */
export function statusLines(status: number, message: string): string {
  return `grpc-status: ${status}\r\ngrpc-message: ${encodeMessage(message)}\r\n`;
}

/** Visible ASCII but for the percent sign; everything else as escaped UTF-8. */
function encodeMessage(message: string): string {
  return message.replace(/[^ -$&-~]+/g, (text) => {
    let escaped = '';
    for (const byte of Buffer.from(text)) escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return escaped;
  });
}

/** @returns milliseconds; -1 for what is no `grpc-timeout` */
export function parseGrpcTimeout(value: string): number {
  const match = TIMEOUT.exec(value);
  return match === null ? -1 : Number(match[1]) * UNIT_MS[match[2]!]!;
}

/** At most eight digits, and never more time than there is. */
export function formatGrpcTimeout(milliseconds: number): string {
  const left = Math.max(0, Math.floor(milliseconds));
  return left < 1e8 ? `${left}m` : `${Math.floor(left / 1_000)}S`;
}

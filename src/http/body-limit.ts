import { isGrpcType } from './grpc.ts';
import type { RequestHead } from './request-head.ts';

/** The request states a longer body than is taken. @param limit bytes; 0: none */
export function statesTooMuch({ contentLength }: RequestHead, limit: number): boolean {
  return contentLength > limit && limit !== 0;
}

/**
 * The engine refuses such a request before anybody else sees it. Calls of gRPC go on: only behind their route can they be
 * answered in a way that their client, maybe a script of another origin, is able to read.
 */
export function isRefusedForLength(head: RequestHead, limit: number): boolean {
  return statesTooMuch(head, limit) && !isGrpcType(head.headers.get('content-type') ?? '');
}

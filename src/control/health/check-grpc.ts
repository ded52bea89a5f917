/** The active health check of a gRPC server: `grpc.health.v1.Health/Check`, which only SERVING passes. */
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import {
  DEADLINE_EXCEEDED,
  NO_STATUS,
  NOT_FOUND,
  OK,
  STATUS_NAMES,
  statusOf,
  UNIMPLEMENTED,
} from '../../http/grpc-status.ts';
import type { CheckResult, CheckTarget } from './check.ts';
import { askOverH2, type H2Question, type Verdict } from './check-h2.ts';
import { lateness } from './failures.ts';
import { decodeStatus, encodeRequest } from './grpc-health-messages.ts';

const PATH = '/grpc.health.v1.Health/Check';
/** Flag for compression and length in front of every message. */
const PREFIX_BYTES = 5;
/** An answer is a few bytes; what sends so many is no health service. */
const MOST_BYTES = 16 * 1024;
/** `grpc-timeout` has at most eight digits. */
const MOST_MILLISECONDS = 99_999_999;
const MESSAGE_SHOWN = 200;

const SERVING = 1;
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/**
 * Resolves in every case. `signal` ends the check; its result does not matter then.
 *
 * @param service that is asked about; `''`: the server as a whole
 */
export function runGrpcCheck(
  target: CheckTarget,
  service: string,
  timeout: number,
  signal: AbortSignal,
): Promise<CheckResult> {
  const question: H2Question = {
    headers: {
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${Math.min(Math.ceil(timeout), MOST_MILLISECONDS)}m`,
    },
    body: framed(encodeRequest(service)),
    judge: (stream, verdict) => listen(stream, verdict, service, timeout),
  };
  return askOverH2(target, question, timeout, signal);
}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function listen(stream: ClientHttp2Stream, verdict: Verdict, service: string, timeout: number): void {
  const body: Buffer[] = [];
  let length = 0;
  let status = 0;
  // A response without messages has what else the trailers say in its head.
  let fields: IncomingHttpHeaders = {};
  stream.on('response', (headers) => {
    status = Number(headers[':status']);
    fields = headers;
    const type = headers['content-type'] ?? '';
    if (status !== 200) verdict(status, `status ${status} instead of an answer in gRPC`);
    else if (!type.startsWith('application/grpc')) verdict(status, 'the answer is not in gRPC');
  });
  stream.on('data', (chunk: Buffer) => {
    body.push(chunk);
    length += chunk.length;
    if (length > MOST_BYTES) verdict(status, 'the answer is too long');
  });
  stream.on('trailers', (trailers) => {
    fields = trailers;
  });
  stream.on('end', () => {
    if (stream.rstCode) return;
    const code = statusOf(fields['grpc-status']?.toString());
    if (code === OK) verdict(status, judgeMessage(Buffer.concat(body)));
    else verdict(status, reasonFor(code, fields, service, timeout));
  });
}

function reasonFor(code: number, fields: IncomingHttpHeaders, service: string, timeout: number): string {
  switch (code) {
    case NO_STATUS:
      return 'the answer ended without grpc-status';
    case DEADLINE_EXCEEDED:
      return lateness(timeout);
    case NOT_FOUND:
      return `the server has no health of ${service === '' ? 'its own' : service} (NOT_FOUND)`;
    case UNIMPLEMENTED:
      return 'the server does not implement grpc.health.v1 (UNIMPLEMENTED)';
    default: {
      const message = messageOf(fields);
      return `gRPC status ${STATUS_NAMES[code]}${message === '' ? '' : `: ${message}`}`;
    }
  }
}

/** Percent-encoded UTF-8, of which nothing is certain; for one line of a log. */
function messageOf(fields: IncomingHttpHeaders): string {
  const value = fields['grpc-message'];
  if (typeof value !== 'string') return '';
  let text = value;
  try {
    text = decodeURIComponent(value);
  } catch {
    // Then it is shown as it came.
  }
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, MESSAGE_SHOWN);
}

/** `''`: it says SERVING. */
function judgeMessage(body: Buffer): string {
  // Compression was not offered, so a message is as it is.
  const isWhole =
    body.length >= PREFIX_BYTES && body[0] === 0 && body.readUInt32BE(1) === body.length - PREFIX_BYTES;
  const status = isWhole ? decodeStatus(body.subarray(PREFIX_BYTES)) : null;
  if (status === null) return 'the answer is no HealthCheckResponse';
  return status === SERVING ? '' : (STATUSES[status] ?? `the unknown status ${status}`);
}

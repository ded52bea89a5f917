/** What the gateway knows of a call of gRPC on its way. */
import {
  DEADLINE_EXCEEDED,
  isServerFault,
  NO_STATUS,
  statusIn,
  statusOfHttp,
  UNKNOWN,
} from '../http/grpc-status.ts';
import { HeaderBlock } from '../http/header-block.ts';
import type { ResponseHead } from '../http/response-head.ts';

const PREVIOUS_ATTEMPTS = 'grpc-previous-rpc-attempts';
/** Milliseconds. A client that gives up sooner says nothing about the service when it does. */
const FAIR_DEADLINE = 1_000;

export class GrpcCall {
  /** How the call ends for the client; NO_STATUS as long as that is open. */
  status = NO_STATUS;
  /** Tries that the client has made before. */
  readonly #attemptsBefore: number;
  readonly #deadline: number;

  /**
   * @param fields of the request
   * @param deadline milliseconds that the client gives the call, 0 when it does not say
   */
  constructor(fields: HeaderBlock, deadline: number) {
    const attempts = fields.get(PREVIOUS_ATTEMPTS) ?? '';
    this.#attemptsBefore = /^\d{1,6}$/.test(attempts) ? Number(attempts) : 0;
    this.#deadline = deadline;
  }

  /** A head with a status is all of a response (Trailers-Only), and so is one that is no response of gRPC. */
  readHead({ status, headers }: ResponseHead): void {
    this.status = status === 200 ? statusIn(headers) : statusOfHttp(status);
  }

  readTrailers(lines: string): void {
    // A head with a status has no trailers to come.
    if (this.status !== NO_STATUS) return;
    const status = lines === '' ? NO_STATUS : statusIn(new HeaderBlock().load(lines));
    this.status = status === NO_STATUS ? UNKNOWN : status;
  }

  /** The service has failed, which it has not when a client gave it next to no time. */
  get failed(): boolean {
    return isServerFault(this.status) && !(this.status === DEADLINE_EXCEEDED && this.hurried);
  }

  get hurried(): boolean {
    return this.#deadline !== 0 && this.#deadline < FAIR_DEADLINE;
  }

  /** Fields that are different at each try. */
  prepareTry(fields: HeaderBlock, retries: number): void {
    this.status = NO_STATUS;
    if (retries > 0) fields.set(PREVIOUS_ATTEMPTS, String(this.#attemptsBefore + retries));
  }
}

/** The service asks not to be tried again, or not now (gRPC proposal A6): its client can wait better than a gateway. */
export function forbidsRetry(fields: HeaderBlock): boolean {
  const pushback = fields.get('grpc-retry-pushback-ms');
  return pushback !== undefined && pushback !== '0';
}

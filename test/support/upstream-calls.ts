/** Calls that a transport works for in tests: they take down what happens to them. */
import type { ResponseHead } from '../../src/http/response-head.ts';
import type { UpstreamCall, UpstreamConnection } from '../../src/upstream/transports/upstream-call.ts';
import {
  FAILURE_CONNECT,
  FAILURE_MALFORMED,
  FAILURE_RESET,
  FAILURE_STALE,
  FAILURE_TRUNCATED,
} from '../../src/upstream/transports/upstream-call.ts';
import type { UpstreamPool } from '../../src/upstream/transports/upstream-pool.ts';
import { eventually } from './gateway.ts';

const FAILURES = new Map([
  [FAILURE_CONNECT, 'connect'],
  [FAILURE_STALE, 'stale'],
  [FAILURE_RESET, 'reset'],
  [FAILURE_MALFORMED, 'malformed'],
  [FAILURE_TRUNCATED, 'truncated'],
]);

export interface TestCallOptions {
  readonly method?: string;
  readonly target?: string;
  readonly fresh?: boolean;
  /** 0: not shareable. */
  readonly patience?: number;
  /** Does not read the body until `connection.resume()`. */
  readonly slow?: boolean;
  readonly now?: number;
}

export class TestCall implements UpstreamCall {
  status = 0;
  body = '';
  trailers = '';
  readonly interim: number[] = [];
  /** `ended`, or the kind of failure; `''` while the call is under way. */
  outcome = '';
  connection: UpstreamConnection | null = null;
  readonly #options: TestCallOptions;

  constructor(options: TestCallOptions) {
    this.#options = options;
  }

  onConnection(connection: UpstreamConnection): void {
    const { method = 'GET', target = '/' } = this.#options;
    this.connection = connection;
    connection.sendHead(
      `${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`,
      false,
      false,
      method === 'HEAD',
      false,
    );
  }

  onConnected(): void {}

  onInformational(status: number): void {
    this.interim.push(status);
  }

  onSwitched(): void {
    this.outcome = 'switched';
  }

  onResponseHead(head: ResponseHead): void {
    this.status = head.status;
    if (this.#options.slow === true) this.connection!.pause();
  }

  onResponseData(input: Buffer, start: number, end: number): void {
    this.body += input.toString('latin1', start, end);
  }

  onResponseEnd(trailers: string): void {
    this.trailers = trailers;
    this.outcome = 'ended';
  }

  onReadEnd(): void {}

  onUpstreamDrain(): void {}

  onFailure(failure: number): void {
    this.outcome = FAILURES.get(failure) ?? `unknown failure ${failure}`;
  }

  over(): Promise<unknown> {
    return eventually(async () => this.outcome !== '', `the call for ${this.#options.target} to end`);
  }
}

/** Starts a call, as the worker would. */
export function callOn(pool: UpstreamPool, options: TestCallOptions = {}): TestCall {
  const call = new TestCall(options);
  const { fresh = false, patience = 60_000, now = performance.now() } = options;
  const connection = pool.request(call, fresh, patience, now);
  if (connection !== null) call.onConnection(connection);
  return call;
}

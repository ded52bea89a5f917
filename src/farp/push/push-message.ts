/** A request of a service to the gateway and its answer, whichever port it came in at. */

export interface PushRequest {
  readonly method: string;
  /** Without query, as received. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** IP address of the client. */
  readonly peer: string;
  /** An administrator has shown who he is. */
  readonly admin: boolean;
}

export interface PushResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

export const PUSH_PREFIX = '/_farp/v1';
/** A manifest and its envelope. */
export const MAX_PUSH_BODY = 1_048_576;

/**
 * Why something could not be had, as one sentence part for people.
 *
 * - `forbidden`: the gateway may not ask there, or not follow where it is sent
 * - `missing`: there is no such thing (404, 410)
 * - `starting`: 503, which services answer until they have started
 * - `invalid`: what came is too large, or cannot be read
 * - `unreachable`: no connection, no answer in time, or any other status
 */
export type FetchErrorKind = 'forbidden' | 'missing' | 'starting' | 'invalid' | 'unreachable';

export class FetchError extends Error {
  readonly kind: FetchErrorKind;

  constructor(kind: FetchErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

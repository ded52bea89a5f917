/** Why a check got no answer, in words for the log and `/_/upstreams`. */

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
};

/** What this machine has run out of. Without this exception a shortage here would make every endpoint unhealthy. */
const SHORTAGES: Readonly<Record<string, string>> = {
  EMFILE: 'the gateway has no file descriptors left',
  ENFILE: 'the machine has no file descriptors left',
  ENOBUFS: 'the machine has no socket buffers left',
  ENOMEM: 'the machine has no memory left',
  EADDRNOTAVAIL: 'the machine has no local ports left',
};

export const NO_ANSWER = 'connection closed without an answer';

export function lateness(limit: number): string {
  return `no answer within ${limit} ms`;
}

/** The reason lies here and says nothing about the endpoint. */
export function isShortage({ code = '' }: NodeJS.ErrnoException): boolean {
  return code in SHORTAGES;
}

export function reasonOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  // Node's words for a connection that ends before the head: a reset, too, as far as the reader is concerned.
  if (error.message === 'socket hang up') return NO_ANSWER;
  if (code.startsWith('HPE_') || code === 'ERR_HTTP2_ERROR') return `malformed answer: ${error.message}`;
  return SHORTAGES[code] ?? REASONS[code] ?? error.message;
}

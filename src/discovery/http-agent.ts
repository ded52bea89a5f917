/** Connections to a backend that speaks HTTP. */
import { readFileSync } from 'node:fs';
import { Agent } from 'undici';

/** Milliseconds for a connection, and for an answer that nobody holds back. */
export const CALL_TIMEOUT = 10_000;
/** Tens of thousands of instances. */
const MAX_BODY = 64 * 1024 * 1024;

/** Files, as in the settings. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * To be made anew for each watch: certificates are replaced while the gateway runs.
 *
 * @throws Error when a file cannot be read
 */
export function createAgent({ ca, cert, key }: ClientTls): Agent {
  return new Agent({
    connect: {
      timeout: CALL_TIMEOUT,
      ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
      ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
      ...(key === undefined ? {} : { key: readFileSync(key) }),
    },
    headersTimeout: CALL_TIMEOUT,
    bodyTimeout: CALL_TIMEOUT,
    maxResponseSize: MAX_BODY,
  });
}

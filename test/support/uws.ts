import { loadUwebsockets } from '../../native-bindings/uwebsockets.ts';
import { once } from './raw-client.ts';

/** The build that the lists of known refusals are about. */
const LISTED = '@trufflesuite/uws-js-unofficial 20.30.0-unofficial.0';

/** Why tests of the engine uws cannot run here; false when they can. */
export function withoutUws(): string | false {
  try {
    const { origin } = loadUwebsockets();
    return origin === LISTED ? false : `known refusals are listed for ${LISTED}, here is ${origin}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether the gateway on that port still serves. */
export async function serves(port: number): Promise<boolean> {
  const request = 'GET /respond/alive HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  return (await once(port, request)).body === 'made here';
}

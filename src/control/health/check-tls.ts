import { isIP } from 'node:net';
import type { UpstreamTls } from '../../routing/model.ts';
import type { Credentials } from '../../shared/tls-settings.ts';
import type { CheckTls } from './check.ts';

/** How an endpoint that wants TLS is checked: with the settings that traffic to it has. */
export async function checkTls(
  host: string,
  tls: UpstreamTls,
  source: { credentials(digest: string): Credentials | undefined },
): Promise<CheckTls> {
  const { get } = await import('node:https');
  const { ca = '', cert = '', key = '' } = source.credentials(tls.credentials) ?? {};
  const servername = tls.serverName !== '' ? tls.serverName : isIP(host) === 0 ? host : '';
  return {
    get,
    options: {
      rejectUnauthorized: tls.verify,
      ...(ca === '' ? {} : { ca }),
      ...(cert === '' ? {} : { cert, key }),
      servername,
    },
  };
}

/** What the tests of TLS ask a gateway. */
import type tls from 'node:tls';
import type { Gateway } from './gateway.ts';
import { RawClient } from './raw-client.ts';
import { message } from './wire.ts';

/** Subject of the certificate that a client is shown. */
export async function shown(port: number, options: tls.ConnectionOptions = {}): Promise<string> {
  const client = await RawClient.connect(port, { tls: options });
  const { subject } = (client.socket as tls.TLSSocket).getPeerCertificate();
  client.destroy();
  return String(subject.CN);
}

export function get(host: string, ...fields: readonly string[]): string {
  return message('GET / HTTP/1.1', `Host: ${host}`, ...fields);
}

/** How a handshake fails: the client's error code, or that it was cut after the handshake (TLS 1.3 client certificates). */
export async function failure(port: number, options: tls.ConnectionOptions = {}): Promise<string> {
  try {
    const client = await RawClient.connect(port, { tls: options });
    client.write(get('main.test'));
    await client.closed();
    return client.received === '' ? 'closed' : client.received;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

export function handshakes(gateway: Gateway, result: string): Promise<number> {
  return gateway.metrics().then((metrics) => metrics.sum('octopus_tls_handshakes_total', { result }));
}

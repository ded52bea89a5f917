import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { UpstreamTls } from '../../routing/model.ts';
import type { ByteOutput } from '../../shared/byte-output.ts';
import { TlsOutput } from '../../shared/tls-output.ts';
import type { Credentials } from '../../shared/tls-settings.ts';
import type { ConnectOptions, Connector } from './connector.ts';

/** Opens TLS connections to one endpoint; the next one resumes the session of an earlier one. */
export class TlsConnector implements Connector {
  readonly ready = 'secureConnect';
  readonly #context: SecureContext;
  readonly #serverName: string;
  readonly #verify: boolean;
  readonly #alpn: readonly string[];
  #session: Buffer | null = null;

  /**
   * @param host of the endpoint
   * @param alpn the protocols that are offered, the first one preferred
   * @throws Error when OpenSSL refuses certificate or key
   */
  constructor(host: string, tls: UpstreamTls, credentials: Credentials | undefined, alpn: readonly string[]) {
    const { ca = '', cert = '', key = '' } = credentials ?? {};
    this.#context = createSecureContext({
      ...(ca === '' ? {} : { ca }),
      ...(cert === '' ? {} : { cert, key }),
    });
    // An address is never sent as SNI (RFC 6066 section 3); the certificate is then checked for the address itself.
    this.#serverName = tls.serverName !== '' ? tls.serverName : isIP(host) === 0 ? host : '';
    this.#verify = tls.verify;
    this.#alpn = alpn;
  }

  connect(options: ConnectOptions): Socket {
    const session = this.#session;
    const socket = connect({
      ...options,
      secureContext: this.#context,
      rejectUnauthorized: this.#verify,
      ALPNProtocols: [...this.#alpn],
      ...(this.#serverName === '' ? {} : { servername: this.#serverName }),
      ...(session === null ? {} : { session }),
    });
    socket.on('session', (ticket) => {
      this.#session = ticket;
    });
    // A ticket that the endpoint does not like must not be offered again.
    socket.once('error', () => {
      this.#session = null;
    });
    return socket;
  }

  output(socket: Socket, onDrain: () => void): ByteOutput {
    return new TlsOutput(socket as TLSSocket, onDrain);
  }
}

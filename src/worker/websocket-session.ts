import type { ErrorCode } from '../http/errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { checkResponse } from '../http/websocket-handshake.ts';
import type { ByteStream } from '../shared/byte-stream.ts';
import type { Cell } from '../telemetry/series-cells.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { Plane } from './plane.ts';
import { type TunnelHost, WebSocketTunnel } from './websocket-tunnel.ts';

/** An exchange that asks for a WebSocket: its handshake, and the tunnel when the endpoint has agreed. */
export class WebSocketSession implements TunnelHost {
  readonly #plane: Plane;
  readonly #context: ExchangeContext;
  #tunnel: WebSocketTunnel | null = null;
  #open: Cell | null = null;

  constructor(plane: Plane, context: ExchangeContext) {
    this.#plane = plane;
    this.#context = context;
  }

  /** @returns `''`, or why the 101 is no answer to this handshake */
  check(head: ResponseHead): string {
    return checkResponse(this.#context.headers, head);
  }

  /** @param lines end-to-end field lines of the 101 */
  open(lines: string, endpoint: ByteStream): void {
    const { exchange, route } = this.#context;
    const client = exchange.downstream.switchProtocols!(lines);
    if (this.#context.over) {
      // The response could not be sent, so there is nobody to end what would begin here.
      endpoint.abort();
      return;
    }
    route!.metrics.record(exchange.head.method, exchange.status, performance.now() - exchange.startedAt);
    this.#open = this.#plane.recorder.gauge('octopus_websocket_connections', { route: route!.route.path });
    this.#open.add(1);
    this.#tunnel = new WebSocketTunnel(client, endpoint, route!.proxy!.webSocket!, this);
    this.#plane.calls.add(this.#tunnel);
    this.#context.lasts();
    this.#tunnel.start();
  }

  shutdown(): void {
    this.#tunnel?.shutdown();
  }

  /** The exchange has ended. */
  end(): void {
    if (this.#tunnel === null) return;
    this.#plane.calls.remove(this.#tunnel);
    this.#open!.add(-1);
  }

  onClientBytes(count: number): void {
    this.#context.exchange.bytesReceived += count;
    this.#plane.bytesReceived.add(count);
  }

  onEndpointBytes(count: number): void {
    this.#context.exchange.bytesSent += count;
    this.#plane.bytesSent.add(count);
  }

  onTunnelError(code: ErrorCode, detail: string): void {
    this.#context.errorCode = code;
    this.#context.errorDetail = detail;
  }
}

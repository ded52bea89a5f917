/** WebSocket handshakes and frames as bytes, for tests of what no client library would send. */
import { acceptFor } from '../../src/http/websocket-handshake.ts';
import type { OriginConnection, Script } from './origin.ts';
import { ScriptedOrigin } from './origin.ts';
import type { RawClient } from './raw-client.ts';
import { message, onlyValue, type WireResponse } from './wire.ts';

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Lines of a handshake; `replaced` take the place of those of the same name, `''` takes one out. */
export function handshake(
  replaced: Readonly<Record<string, string>> = {},
  first = 'GET /ws HTTP/1.1',
): string {
  const fields = {
    Host: 'a',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...replaced,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== '');
  return message(first, ...lines.map(([name, value]) => `${name}: ${value}`));
}

export function accepted(key: string, ...more: readonly string[]): string {
  return message(
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    ...more,
  );
}

/** A frame as servers send it, one character per byte. Lengths below 64 KB. */
export function serverFrame(payload: string, opcode = 2): string {
  const { length } = payload;
  const size =
    length < 126 ? String.fromCharCode(length) : `\x7e${String.fromCharCode(length >> 8, length & 255)}`;
  return String.fromCharCode(0x80 | opcode) + size + payload;
}

/** A frame as clients send it, with a mask of zeros. */
export function clientFrame(payload: string, opcode = 2): string {
  return `${String.fromCharCode(0x80 | opcode, 0x80 | payload.length)}\0\0\0\0${payload}`;
}

export function closeFrameText(code: number, reason: string): string {
  return serverFrame(String.fromCharCode(code >> 8, code & 255) + reason, 8);
}

/** An origin that agrees to each handshake and leaves the rest to the test. */
export class TunnelOrigin {
  readonly origin: ScriptedOrigin;
  readonly tunnels: OriginConnection[] = [];
  /** Sent with the 101, in the same write. */
  greeting = '';
  #waiting: ((connection: OriginConnection) => void)[] = [];

  constructor() {
    const script: Script = async (connection) => {
      const head = await connection.head(3_600_000).catch(() => null);
      if (head === null) return;
      const key = onlyValue(head.fields, 'sec-websocket-key') ?? '';
      connection.write(accepted(key) + this.greeting);
      this.tunnels.push(connection);
      this.#waiting.shift()?.(connection);
    };
    this.origin = new ScriptedOrigin(script);
  }

  /** The connection of the next handshake. */
  next(): Promise<OriginConnection> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A tunnel through the gateway: both ends, the handshake done. */
  async open(client: RawClient, more = ''): Promise<{ server: OriginConnection; response: WireResponse }> {
    const next = this.next();
    const response = await client.request(handshake() + more);
    return { server: await next, response };
  }
}

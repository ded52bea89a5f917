/** The few bytes of WebSocket that load, origin and probe need: text messages of at most 125 bytes. */
import { randomBytes } from 'node:crypto';

const FINAL_TEXT = 0x81;
const MASKED = 0x80;
export const MASK_BYTES = 4;
export const FRAME_HEAD = 2;

export function handshake(port: number, path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n');
}

/** As a client sends it. */
export function maskedFrame(text: string): Buffer {
  const content = Buffer.from(text);
  const mask = randomBytes(MASK_BYTES);
  unmask(content, mask);
  return Buffer.concat([Buffer.from([FINAL_TEXT, MASKED | content.length]), mask, content]);
}

/** As a server sends it. */
export function plainFrame(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([FINAL_TEXT, content.length]), content]);
}

/** Masks what is not masked, and the other way round. */
export function unmask(content: Buffer, mask: Buffer): void {
  for (let index = 0; index < content.length; index++) content[index]! ^= mask[index & 3]!;
}

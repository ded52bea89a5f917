/**
 * `node websocket-origin.js PORT`: sends every message back. Requests without Upgrade get what has come of
 * X-Forwarded-For, the check that a proxy does its work.
 */
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptFor, UPGRADE_LINES } from '../../src/http/websocket-handshake.ts';
import { ECHO_PATH, SMALL_JSON } from '../cases.ts';
import { FRAME_HEAD, MASK_BYTES, plainFrame, unmask } from '../websocket-frames.ts';

const LENGTH = 0x7f;

const server = http.createServer((request, response) => {
  const forwarded = request.headers['x-forwarded-for'];
  response.end(request.url === ECHO_PATH ? String(forwarded ?? '') : SMALL_JSON);
});

server.on('upgrade', (request, socket, head) => {
  const accept = acceptFor(String(request.headers['sec-websocket-key']));
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE_LINES}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let rest: Buffer = head;
  socket.on('data', (bytes: Buffer) => {
    rest = sendBack(socket, rest.length === 0 ? bytes : Buffer.concat([rest, bytes]));
  });
  socket.on('error', () => socket.destroy());
});

/** @returns what has come of a frame that is not complete */
function sendBack(socket: Duplex, bytes: Buffer): Buffer {
  const answers: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= FRAME_HEAD) {
    const start = at + FRAME_HEAD + MASK_BYTES;
    const end = start + (bytes[at + 1]! & LENGTH);
    if (end > bytes.length) break;
    const content = bytes.subarray(start, end);
    unmask(content, bytes.subarray(at + FRAME_HEAD, start));
    answers.push(plainFrame(content));
    at = end;
  }
  if (answers.length > 0) socket.write(answers.length === 1 ? answers[0]! : Buffer.concat(answers));
  return bytes.subarray(at);
}

server.keepAliveTimeout = 300_000;
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4_096 });
process.on('SIGTERM', () => process.exit(0));

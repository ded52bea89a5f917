/** Opens a WebSocket, sends one message and waits for the one that comes back. */
import net from 'node:net';
import { FRAME_HEAD, handshake, maskedFrame } from '../websocket-frames.ts';
import type { Answer } from './probe.ts';

const HEAD_END = '\r\n\r\n';

/** @returns status of the handshake and what came back; no body when the handshake was refused */
export function echoThroughTunnel(port: number, path: string, message: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(handshake(port, path)));
    const end = (answer: Answer) => {
      resolve(answer);
      socket.destroy();
    };
    let received = '';
    let sent = false;
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer within 2 s')));
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      const headEnd = received.indexOf(HEAD_END);
      if (headEnd < 0) return;
      const status = Number(received.slice(9, 12));
      if (status !== 101) end({ status, body: '' });
      if (!sent) socket.write(maskedFrame(message));
      sent = true;
      const body = received.slice(headEnd + HEAD_END.length + FRAME_HEAD);
      if (body.length >= message.length) end({ status, body });
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection ended without an answer')));
  });
}

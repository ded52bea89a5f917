import net, { type AddressInfo } from 'node:net';
import { ACK, frame, HEADERS, PREFACE, SETTINGS } from './http2-frames.ts';

/** Frames that an endpoint sends in answer to the request of this stream. */
export type Script = (stream: number) => readonly Buffer[];

/** An HTTP/2 endpoint that sends what it is told to, all of an answer in one write. */
export class ScriptedHttp2 {
  answer: Script;
  /** What it does to a connection once it has answered. */
  afterwards: (socket: net.Socket) => void = () => {};
  /** With which it begins. */
  settings = frame(SETTINGS, 0, 0);
  readonly #server = net.createServer((socket) => this.#serve(socket));

  constructor(answer: Script = () => []) {
    this.answer = answer;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)));
  }

  /** Connections that are open go on. */
  close(): void {
    this.#server.close();
  }

  #serve(socket: net.Socket): void {
    let input = Buffer.alloc(0);
    let begun = false;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      if (!begun && input.length < PREFACE.length) return;
      if (!begun) {
        begun = true;
        input = input.subarray(PREFACE.length);
        socket.write(this.settings);
      }
      while (input.length >= 9) {
        const end = 9 + input.readUIntBE(0, 3);
        if (input.length < end) return;
        const [type, flags, stream] = [input[3]!, input[4]!, input.readUInt32BE(5)];
        input = input.subarray(end);
        if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0));
        if (type !== HEADERS) continue;
        socket.write(Buffer.concat(this.answer(stream)));
        this.afterwards(socket);
      }
    });
  }
}

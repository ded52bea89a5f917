import type { Socket } from 'node:net';
import { latin1 } from '../../http/latin1.ts';
import { retain } from '../../shared/read-buffer.ts';

/** Pieces up to this size are joined to one string and written with one system call; larger ones go as they are. */
const JOIN_LIMIT = 16 * 1024;

/** Writes one response at a time: collects head, small pieces and chunk framing into one write per event. */
export class ResponseWriter {
  readonly #socket: Socket;
  #text = '';
  #chunked = false;
  /** True from `begin` until `reset`. */
  started = false;
  /** The end of the body is the end of the connection. */
  closeDelimited = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  begin(head: string, chunked: boolean, closeDelimited: boolean): void {
    this.#text = head;
    this.#chunked = chunked;
    this.started = true;
    this.closeDelimited = closeDelimited;
  }

  reset(): void {
    this.started = false;
    this.closeDelimited = false;
  }

  /** @returns false when the socket's buffer is full */
  body(chunk: Uint8Array): boolean {
    const length = chunk.length;
    if (length === 0) return true;
    if (this.#chunked) this.#text += `${length.toString(16)}\r\n`;
    if (length + this.#text.length <= JOIN_LIMIT) {
      this.#text += latin1(chunk as Buffer, 0, length);
      if (this.#chunked) this.#text += '\r\n';
      return !this.#socket.writableNeedDrain;
    }
    const socket = this.#socket;
    socket.cork();
    socket.write(this.#text, 'latin1');
    let more = socket.write(retain(chunk));
    if (this.#chunked) more = socket.write('\r\n', 'latin1');
    this.#text = '';
    socket.uncork();
    return more;
  }

  end(trailers: string): void {
    if (this.#chunked) this.#text += `0\r\n${trailers}\r\n`;
    this.flush();
  }

  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#socket.write(text, 'latin1');
  }
}

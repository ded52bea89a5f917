import { latin1 } from '../../http/latin1.ts';
import type { ByteOutput } from '../../shared/byte-output.ts';

/** Writes one response at a time: collects head, small pieces and chunk framing into one write per event. */
export class ResponseWriter {
  readonly #output: ByteOutput;
  #text = '';
  #chunked = false;
  /** True from `begin` until `reset`. */
  started = false;
  /** The end of the body is the end of the connection. */
  closeDelimited = false;

  constructor(output: ByteOutput) {
    this.#output = output;
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

  /**
   * Takes `input[start, end)`, copied if it cannot be sent at once.
   *
   * @returns false when the client is slow
   */
  body(input: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (length === 0) return true;
    if (this.#chunked) this.#text += `${length.toString(16)}\r\n`;
    if (length + this.#text.length <= this.#output.joinLimit) {
      this.#text += latin1(input, start, end);
      if (this.#chunked) this.#text += '\r\n';
      return !this.#output.blocked;
    }
    const text = this.#text;
    this.#text = '';
    return this.#output.writeChunk(text, input, start, end, this.#chunked ? '\r\n' : '');
  }

  end(trailers: string): void {
    if (this.#chunked) this.#text += `0\r\n${trailers}\r\n`;
    this.flush();
  }

  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#output.writeText(text);
  }
}

import type { RequestBodySink } from '../engine/downstream.ts';
import type { Exchange } from '../engine/exchange.ts';
import type { ErrorCode } from '../http/errors.ts';
import { BODY_NONE } from '../http/framing.ts';
import type { ControlResponseMessage } from '../shared/messages.ts';
import { retain } from '../shared/read-buffer.ts';
import type { ControlLink } from './control-link.ts';

/** A manifest may have 1 MiB; nothing else that is said to the gateway is larger. */
const MAX_BODY = 1_048_576;

export interface ControlClient {
  onControlResponse(response: ControlResponseMessage): void;
  onControlFailed(code: ErrorCode, detail: string): void;
}

/** One request for the gateway itself: its body is collected here, the primary answers. */
export class ControlCall implements RequestBodySink {
  readonly #exchange: Exchange;
  readonly #peer: string;
  readonly #link: ControlLink;
  readonly #client: ControlClient;
  #chunks: Buffer[] = [];
  #size = 0;
  #phase: 'idle' | 'collecting' | 'asking' | 'over' = 'idle';
  #id = 0;

  constructor(exchange: Exchange, peer: string, link: ControlLink, client: ControlClient) {
    this.#exchange = exchange;
    this.#peer = peer;
    this.#link = link;
    this.#client = client;
  }

  begin(): void {
    if (!this.#link.enter()) {
      this.#phase = 'over';
      this.#client.onControlFailed('control_unavailable', 'too many requests for the gateway itself');
      return;
    }
    this.#phase = 'collecting';
    if (this.#exchange.head.bodyKind === BODY_NONE) this.#ask();
    else this.#exchange.downstream.startBody(this);
  }

  /** Whatever comes now is not told. */
  cancel(): void {
    if (this.#phase === 'collecting') this.#link.leave();
    else if (this.#phase === 'asking') this.#link.cancel(this.#id);
    this.#phase = 'over';
    this.#drop();
  }

  onRequestData(chunk: Buffer): void {
    if (this.#phase !== 'collecting') return;
    if (this.#size + chunk.length > MAX_BODY) {
      this.#fail('body_too_large', `the limit of this path is ${MAX_BODY} bytes`);
    } else if (this.#link.hold(chunk.length)) {
      this.#size += chunk.length;
      this.#chunks.push(retain(chunk));
    } else {
      this.#fail('control_unavailable', 'too much is being sent to the gateway itself');
    }
  }

  onRequestEnd(): void {
    if (this.#phase === 'collecting') this.#ask();
  }

  onRequestFailed(code: ErrorCode): void {
    if (this.#phase === 'collecting') this.#fail(code, '');
  }

  #fail(code: ErrorCode, detail: string): void {
    this.cancel();
    this.#client.onControlFailed(code, detail);
  }

  #ask(): void {
    const { method, path, headers } = this.#exchange.head;
    const fields = new Map<string, string>();
    for (const [name, value] of headers.entries()) {
      const lower = name.toLowerCase();
      const before = fields.get(lower);
      fields.set(lower, before === undefined ? value : `${before}, ${value}`);
    }
    this.#phase = 'asking';
    const request = {
      method,
      path,
      headers: Object.fromEntries(fields),
      body: Buffer.concat(this.#chunks),
      peer: this.#peer,
    };
    this.#drop();
    this.#id = this.#link.ask(request, (response) => this.#answered(response));
  }

  #drop(): void {
    this.#link.release(this.#size);
    this.#size = 0;
    this.#chunks = [];
  }

  #answered(response: ControlResponseMessage | null): void {
    this.#phase = 'over';
    if (response === null)
      this.#client.onControlFailed('control_unavailable', 'the primary thread did not answer');
    else this.#client.onControlResponse(response);
  }
}

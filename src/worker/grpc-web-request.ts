import type { RequestBodySink } from '../engine/downstream.ts';
import { Base64Decoder } from '../http/base64-stream.ts';
import type { ErrorCode } from '../http/errors.ts';
import { type GrpcWebForm, grpcWebForm } from '../http/grpc-web.ts';
import type { RequestHead } from '../http/request-head.ts';

/**
 * Makes a request of gRPC-Web one of gRPC, for plugins and the service alike.
 *
 * @returns null, and nothing has changed, when it is none
 */
export function takeGrpcWeb(head: RequestHead): GrpcWebForm | null {
  if (head.method !== 'POST') return null;
  const form = grpcWebForm(head.headers);
  if (form === null) return null;
  head.headers.set('content-type', `application/grpc${form.format}`);
  // The length of the text is not that of the frames.
  if (form.textRequest) head.headers.delete('content-length');
  return form;
}

/** The body of a request in text form becomes frames. */
export class GrpcWebTextBody implements RequestBodySink {
  readonly #decoder = new Base64Decoder();
  readonly #sink: RequestBodySink;
  #over = false;

  constructor(sink: RequestBodySink) {
    this.#sink = sink;
  }

  onRequestData(chunk: Buffer): void {
    if (this.#over) return;
    const bytes = this.#decoder.decode(chunk);
    if (bytes === null) this.onRequestFailed('bad_grpc_web');
    else if (bytes.length > 0) this.#sink.onRequestData(bytes);
  }

  onRequestEnd(): void {
    if (this.#over) return;
    if (this.#decoder.complete) this.#sink.onRequestEnd('');
    else this.onRequestFailed('bad_grpc_web');
  }

  onRequestFailed(code: ErrorCode): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.onRequestFailed(code);
  }
}

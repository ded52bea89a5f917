import type { ServerHttp2Stream } from 'node:http2';
import { linesOf } from '../../http/header-lines.ts';

/** A stream whose head has come. What else comes of it before somebody looks is not lost. */
export class ArrivedStream {
  readonly stream: ServerHttp2Stream;
  /** Names and values of the head, pseudo-fields first. */
  readonly raw: readonly string[];
  /** Field lines of the trailer section, `''` until it has come. */
  trailers = '';

  constructor(stream: ServerHttp2Stream, raw: readonly string[]) {
    this.stream = stream;
    this.raw = raw;
    // Without a listener an error of the stream would end the thread; the stream closes after it anyway.
    stream.on('error', ignore);
    if (stream.endAfterHeaders) return;
    stream.on('trailers', (_headers: unknown, _flags: unknown, fields: unknown) => {
      this.trailers = linesOf(fields as readonly string[]);
    });
  }
}

function ignore(): void {}

import zlib from 'node:zlib';
import type { Encoding } from './encodings.ts';
import type { CompressionConfig } from './schema.ts';

const EMPTY = Buffer.alloc(0);

/** What all stream classes of node:zlib have in common. */
type Compressor = zlib.Gzip | zlib.BrotliCompress;

/** Parts of node:zlib that only newer versions have (zstd: Node.js 22.15). */
interface ZstdSupport {
  createZstdCompress?(options: {
    params: Record<number, number>;
    chunkSize: number;
    flush?: number;
  }): Compressor;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number; readonly ZSTD_e_flush?: number };
}
const zstd = zlib as unknown as ZstdSupport;

export function isSupported(encoding: Encoding): boolean {
  return encoding !== 'zstd' || zstd.createZstdCompress !== undefined;
}

/** Output comes in pieces of this size: zlib allocates one for each stream. */
const OUTPUT_PIECE = 16 * 1024;

/**
 * 256 KB of history. Bodies below that compress as well as with the default of 4 MB; above, a stream takes 2.6 MB
 * instead of 6.7 MB (measured with 2.8 MB of text at level 4).
 */
const BROTLI_WINDOW = 18;

/** @param flush what zlib does after each piece; undefined to decide for itself */
function createCompressor(
  encoding: Encoding,
  config: CompressionConfig,
  flush: number | undefined,
): Compressor {
  const common = { chunkSize: OUTPUT_PIECE, ...(flush === undefined ? {} : { flush }) };
  if (encoding === 'gzip') return zlib.createGzip({ ...common, level: config.gzip_level });
  if (encoding === 'br') {
    return zlib.createBrotliCompress({
      ...common,
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: config.br_level,
        [zlib.constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
      },
    });
  }
  const level = zstd.constants.ZSTD_c_compressionLevel;
  if (zstd.createZstdCompress === undefined || level === undefined)
    throw new Error('this Node.js has no zstd');
  return zstd.createZstdCompress({ ...common, params: { [level]: config.zstd_level } });
}

function flushKind(encoding: Encoding): number | undefined {
  if (encoding === 'gzip') return zlib.constants.Z_SYNC_FLUSH;
  return encoding === 'br' ? zlib.constants.BROTLI_OPERATION_FLUSH : zstd.constants.ZSTD_e_flush;
}

/**
 * One response body on its way through zlib. The work is done on the thread pool, one piece at a time: whoever awaits
 * the returned promise before it brings the next piece has backpressure.
 */
export class Encoder {
  readonly #compressor: Compressor;
  readonly #flushKind: number | undefined;
  #output: Buffer[] = [];
  #failure: Error | null = null;
  #closed = false;
  /** When output was last handed over, on the clock of `performance.now()`. */
  lastOutput = performance.now();
  #settle: ((failure: Error | null) => void) | null = null;

  /**
   * @param streaming hand everything out with each piece, at the cost of a few bytes and some density. As a setting of
   *   the stream this takes one trip to the thread pool where a write and a flush take two.
   */
  constructor(encoding: Encoding, config: CompressionConfig, streaming: boolean) {
    this.#flushKind = flushKind(encoding);
    this.#compressor = createCompressor(encoding, config, streaming ? this.#flushKind : undefined);
    this.#compressor.on('data', (piece: Buffer) => this.#output.push(piece));
    this.#compressor.on('end', () => this.#done());
    this.#compressor.on('error', (error: Error) => this.#done(error));
  }

  /**
   * @param flush hand out everything that was brought so far
   * @returns what is ready to be sent; may be empty
   */
  async push(piece: Uint8Array, flush: boolean): Promise<Uint8Array> {
    if (piece.length > 0) await this.#wait((done) => this.#compressor.write(piece, done));
    if (flush) await this.#wait((done) => this.#compressor.flush(this.#flushKind, done));
    return this.#take();
  }

  /** Compresses the last piece and closes the stream. */
  async finish(piece: Uint8Array): Promise<Uint8Array> {
    // The 'end' event settles this one: it comes when the last output has been handed over.
    await this.#wait(() => this.#compressor.end(piece));
    return this.#take();
  }

  /** Frees what zlib holds, also in the middle of a body: 256 KB and more that no garbage collector sees. */
  close(): void {
    this.#closed = true;
    this.#compressor.destroy();
    this.#done();
  }

  #wait(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (failure) => (failure === null ? resolve() : reject(failure));
      if (this.#failure !== null || this.#closed) this.#done();
      else start((error) => this.#done(error));
    });
  }

  #done(error?: Error | null): void {
    if (error) this.#failure ??= error;
    const settle = this.#settle;
    this.#settle = null;
    settle?.(this.#failure);
  }

  #take(): Uint8Array {
    const output = this.#output;
    this.#output = [];
    if (output.length === 0) return EMPTY;
    this.lastOutput = performance.now();
    return output.length === 1 ? output[0]! : Buffer.concat(output);
  }
}

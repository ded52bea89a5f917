import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { FetchError } from './fetch-error.ts';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/**
 * The body, decompressed. Nothing beyond the limit is kept or unpacked: a few kilobytes can hold a gigabyte.
 *
 * @param encoding value of Content-Encoding
 * @throws FetchError when it is too large or damaged
 */
export async function readBody(
  body: Readable,
  encoding: string,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > limit) throw new FetchError('invalid', `larger than ${limit} bytes`);
      chunks.push(chunk);
    }
  };
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') {
    await pipeline(body, collect, { signal });
  } else {
    const create = Object.hasOwn(DECODERS, name) ? DECODERS[name as keyof typeof DECODERS] : undefined;
    if (create === undefined) {
      body.destroy();
      throw new FetchError('invalid', `content-encoding ${name} is not supported`);
    }
    await pipeline(body, create(), collect, { signal });
  }
  return Buffer.concat(chunks, size);
}

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
      if (size > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  };
  const name = encoding.trim().toLowerCase();
  const isPlain = name === '' || name === 'identity';
  if (!isPlain && !Object.hasOwn(DECODERS, name)) {
    body.destroy();
    throw new FetchError('invalid', `content-encoding ${name} is not supported`);
  }
  try {
    if (isPlain) await pipeline(body, collect, { signal });
    else await pipeline(body, DECODERS[name as keyof typeof DECODERS](), collect, { signal });
  } catch (error) {
    // A decoder that is stopped in the middle of its work says that it was aborted, and no more.
    throw size > limit ? tooLarge(limit) : error;
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(limit: number): FetchError {
  return new FetchError('invalid', `larger than ${limit} bytes`);
}

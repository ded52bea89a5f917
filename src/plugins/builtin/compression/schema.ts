import { z } from 'zod';
import { size, whole } from '../../fields.ts';
import { ENCODINGS } from './encodings.ts';

/** `type/subtype`, `type/*`, or a structured suffix such as `*+json`. */
const TYPE = /^(?:[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+)|\*\+[a-z0-9.-]+)$/;

const DEFAULT_TYPES = [
  'text/*',
  '*+json',
  '*+xml',
  '*+text',
  'application/json',
  'application/javascript',
  'application/xml',
  'application/x-ndjson',
  'application/x-javascript',
  'application/graphql-response',
  'application/wasm',
  'application/yaml',
  'application/vnd.ms-fontobject',
  'font/otf',
  'font/ttf',
  'image/bmp',
  'image/x-icon',
];

export const compressionSchema = z.strictObject({
  algorithms: z
    .array(z.enum(ENCODINGS))
    .min(1)
    .default([...ENCODINGS])
    .describe(
      'Codings to offer, the preferred one first; the client decides by its q-values. zstd needs Node.js 22.15 or newer.',
    ),
  min_size: size().prefault('1KB').describe('Bodies known to be smaller are left alone.'),
  types: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(TYPE, { error: 'expected a media type such as text/*, application/json or *+json' })
        .meta({ notation: 'media type' }),
    )
    .min(1)
    .default(DEFAULT_TYPES)
    .describe('Media types to compress. Event streams and gRPC never are.'),
  gzip_level: whole(1, 9).default(5).describe('1 is fast, 9 is small.'),
  br_level: whole(0, 11).default(4).describe('0 is fast, 11 is small and very slow.'),
  zstd_level: whole(1, 19).default(3).describe('1 is fast, 19 is small and slow.'),
});

export type CompressionConfig = z.output<typeof compressionSchema>;

/** `Buffer.prototype.latin1Slice` exists in every Node release but not in its types; it skips `toString`'s look-ups. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
}

export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Latin1Buffer).latin1Slice(start, end);
}

/**
 * The same text in one piece. A string put together from others is a tree of them until somebody looks into it, and
 * writing a tree takes three times as long: worth it for what is written again and again.
 */
export function flat(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return latin1(bytes, 0, bytes.length);
}

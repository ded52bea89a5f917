/** `Buffer.prototype.latin1Slice` exists in every Node release but not in its types; it skips `toString`'s look-ups. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
}

export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Latin1Buffer).latin1Slice(start, end);
}

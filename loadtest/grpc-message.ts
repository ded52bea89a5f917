/** A message as gRPC sends it: not compressed, its length, its bytes. The proxies do not look into it. */
export function grpcMessage(content: string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(Buffer.byteLength(content), 1);
  return Buffer.concat([prefix, Buffer.from(content)]);
}

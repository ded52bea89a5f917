/** One request on an HTTP/2 connection of its own: over TLS, or with prior knowledge. */
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { SMALL_JSON } from '../cases.ts';
import { grpcMessage } from '../grpc-message.ts';
import type { Answer } from './probe.ts';

const PATIENCE_MS = 2_000;

export function getHttp2(port: number, path: string, tls: boolean): Promise<Answer> {
  return ask(port, tls, { ':path': path }, null);
}

/** @returns the message with its prefix; rejects when the call did not end with status 0 of gRPC */
export async function callGrpc(port: number, path: string, more: OutgoingHttpHeaders = {}): Promise<Answer> {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const answer = await ask(port, false, { ...headers, ...more }, grpcMessage(SMALL_JSON));
  if (answer.status === 200 && answer.grpcStatus !== '0')
    throw new Error(`the call ended with grpc-status ${answer.grpcStatus}`);
  return answer;
}

async function ask(
  port: number,
  tls: boolean,
  headers: OutgoingHttpHeaders,
  body: Buffer | null,
): Promise<Answer & { readonly grpcStatus: string }> {
  const session = connect(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  try {
    return await exchange(session, headers, body);
  } finally {
    session.destroy();
  }
}

function exchange(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  content: Buffer | null,
): Promise<Answer & { readonly grpcStatus: string }> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let grpcStatus = '(none)';
    let body = '';
    const stream = session.request(headers, { endStream: content === null });
    session.on('error', reject);
    stream.on('error', reject);
    stream.setTimeout(PATIENCE_MS, () => reject(new Error('no answer within 2 s')));
    stream.on('response', (fields) => {
      status = fields[':status'] ?? 0;
    });
    stream.on('trailers', (fields) => {
      grpcStatus = String(fields['grpc-status'] ?? grpcStatus);
    });
    stream.setEncoding('latin1').on('data', (text: string) => {
      body += text;
    });
    stream.on('close', () => {
      if (status === 0) reject(new Error('the connection ended without an answer'));
      else resolve({ status, body, grpcStatus });
    });
    if (content !== null) stream.end(content);
  });
}

/** `/_farp/v1/*` on the admin port: the same as on the port of the traffic. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  MAX_PUSH_BODY,
  PUSH_PREFIX,
  type PushRequest,
  type PushResponse,
} from '../farp/push/push-message.ts';
import { send, sendProblem } from './respond.ts';

/** Null: the gateway takes nothing of the kind. */
export type ServicesApi = (request: PushRequest) => Promise<PushResponse> | null;

export function isServicesPath(path: string): boolean {
  return path.startsWith(`${PUSH_PREFIX}/`);
}

/** @param admin the client has shown that it is an administrator; others are judged by the API itself */
export async function answerServices(
  request: IncomingMessage,
  response: ServerResponse,
  services: ServicesApi,
  admin: boolean,
): Promise<void> {
  const body = await readBody(request);
  if (body === null) {
    const detail = `The limit is ${MAX_PUSH_BODY} bytes.`;
    const headers = { Connection: 'close' };
    sendProblem(request, response, { status: 413, title: 'Too large', detail, headers });
    return;
  }
  const answer = services({
    method: request.method ?? '',
    path: (request.url ?? '').split('?', 1)[0] as string,
    headers: fieldsOf(request),
    body,
    peer: request.socket.remoteAddress ?? '',
    admin,
  });
  if (answer === null) {
    sendProblem(request, response, { status: 404, title: 'Not found', detail: 'farp.enabled is false.' });
    return;
  }
  const { status, headers, body: text } = await answer;
  const { 'Content-Type': contentType = 'application/json', ...others } = headers;
  send(request, response, status, contentType, text, others);
}

/** @returns null when it is too large */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_PUSH_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function fieldsOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

/** Writing the answers of the admin API. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Below that a client gains nothing from compression. */
const GZIP_FROM_BYTES = 2_048;
/** Elements of a list that are turned into JSON in one go; then other work gets its turn. */
const LIST_BATCH = 500;

const compress = promisify(gzip);

/** Nothing here may be kept, framed, sniffed or read by another site's page. */
const COMMON_HEADERS: OutgoingHttpHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'",
};

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Further members of the document. */
  readonly members?: Readonly<Record<string, unknown>>;
}

export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
): void {
  send(request, response, status, 'application/json', `${JSON.stringify(body, null, 2)}\n`);
}

/** RFC 9457. `about:blank`: the status says it all, `title` and `detail` are for people. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const { status, title, detail, headers, members } = problem;
  const body = `${JSON.stringify({ type: 'about:blank', title, status, detail, ...members }, null, 2)}\n`;
  send(request, response, status, 'application/problem+json', body, headers);
}

/** For good, and with the same method (RFC 9110, 15.4.9). */
export function sendRedirect(request: IncomingMessage, response: ServerResponse, location: string): void {
  send(request, response, 308, 'text/plain; charset=utf-8', `See ${location}\n`, { Location: location });
}

/** `HEAD` gets the header fields alone. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, {
    ...COMMON_HEADERS,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Large texts, such as the metrics: compressed outside of this thread when the client can read that. */
export async function sendCompressible(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
  body: string,
): Promise<void> {
  if (body.length < GZIP_FROM_BYTES || !acceptsGzip(request)) {
    send(request, response, 200, contentType, body, { Vary: 'Accept-Encoding' });
    return;
  }
  const compressed = await compress(body, { level: 1 });
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'Content-Type': contentType,
    'Content-Encoding': 'gzip',
    'Content-Length': compressed.length,
    Vary: 'Accept-Encoding',
  });
  response.end(request.method === 'HEAD' ? undefined : compressed);
}

export interface RevalidatedText {
  readonly contentType: string;
  readonly body: string;
  /** Strong, with quotes. */
  readonly etag: string;
}

/** May be kept by the client, who asks every time whether it is still right (RFC 9110, 13.1.2). */
export async function sendRevalidated(
  request: IncomingMessage,
  response: ServerResponse,
  { contentType, body, etag }: RevalidatedText,
  headers: OutgoingHttpHeaders = {},
): Promise<void> {
  const zipped = body.length >= GZIP_FROM_BYTES && acceptsGzip(request);
  const vary = [headers['Vary'], 'Accept-Encoding'].filter((field) => field !== undefined).join(', ');
  // Two representations: the compressed one has a tag of its own.
  const tag = zipped ? `${etag.slice(0, -1)}-gzip"` : etag;
  const common = { ...COMMON_HEADERS, ...headers, 'Cache-Control': 'no-cache', ETag: tag, Vary: vary };
  if (isKnown(request.headers['if-none-match'], tag)) {
    response.writeHead(304, common);
    response.end();
    return;
  }
  const bytes = zipped ? await compress(body, { level: 1 }) : Buffer.from(body);
  response.writeHead(200, {
    ...common,
    'Content-Type': contentType,
    'Content-Length': bytes.length,
    ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((item) => item.trim().replace(/^W\//, '') === tag || item.trim() === '*');
}

/**
 * An object whose members are lists, which may have 100,000 elements: written in pieces, so that the thread answers
 * health checks in between and a slow reader does not make us hold it all.
 */
export async function sendLists(
  request: IncomingMessage,
  response: ServerResponse,
  lists: Readonly<Record<string, Iterable<unknown>>>,
): Promise<void> {
  response.writeHead(200, { ...COMMON_HEADERS, 'Content-Type': 'application/json' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  let text = '{';
  let separator = '\n';
  for (const [name, list] of Object.entries(lists)) {
    text += `${separator}  ${JSON.stringify(name)}: [`;
    separator = ',\n';
    let count = 0;
    for (const element of list) {
      text += `${count === 0 ? '' : ','}\n    ${JSON.stringify(element)}`;
      count++;
      if (count % LIST_BATCH === 0) {
        await writePiece(response, text);
        text = '';
        if (response.destroyed) return;
      }
    }
    text += count === 0 ? ']' : '\n  ]';
  }
  response.end(`${text}\n}\n`);
}

/** Waits until there is room again, in any case for one turn of the event loop. */
function writePiece(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (response.write(text) || response.destroyed) {
      setImmediate(resolve);
      return;
    }
    const goOn = (): void => {
      response.off('drain', goOn);
      response.off('close', goOn);
      resolve();
    };
    response.on('drain', goOn);
    response.on('close', goOn);
  });
}

function acceptsGzip(request: IncomingMessage): boolean {
  const accepted = request.headers['accept-encoding'];
  return typeof accepted === 'string' && /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))|,|$)/i.test(accepted);
}

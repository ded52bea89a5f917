/** The merged API documents and the page that shows them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Resource } from './resource.ts';
import { sendProblem, sendRevalidated } from './respond.ts';

export const DOCUMENT_RESOURCES: readonly Resource[] = [
  documentResource(
    '/_/openapi.json',
    'openapi',
    'json',
    'The API of all services as one OpenAPI 3.1 document.',
  ),
  documentResource('/_/openapi.yaml', 'openapi', 'yaml', 'The same as YAML.'),
  documentResource(
    '/_/asyncapi.json',
    'asyncapi',
    'json',
    'The channels of all services as one AsyncAPI 3 document.',
  ),
  {
    path: '/_/docs',
    method: 'GET',
    summary: 'API reference to read and try out.',
    isPublic: false,
    answer: (request, response) =>
      sendRevalidated(
        request,
        response,
        { contentType: 'text/html; charset=utf-8', body: PAGE, etag: PAGE_ETAG },
        PAGE_HEADERS,
      ),
  },
  assetResource('swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
  assetResource('swagger-ui.css', 'text/css; charset=utf-8'),
  assetResource('start.js', 'text/javascript; charset=utf-8'),
];

function documentResource(
  path: string,
  kind: 'openapi' | 'asyncapi',
  format: 'json' | 'yaml',
  summary: string,
): Resource {
  const contentType = format === 'json' ? 'application/json' : 'application/yaml';
  return {
    path,
    method: 'GET',
    summary,
    isPublic: false,
    async answer(request, response, state) {
      const text = await state.document(kind, format, request.headers.host ?? '');
      await sendRevalidated(request, response, { contentType, ...text });
    },
  };
}

/** Relative addresses, so that it works behind a proxy that has put a path in front. */
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="data:,">
<div id="reference"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
`;
const PAGE_ETAG = etagOf(PAGE);
/** Requests that are tried out go to the gateway, which is another origin. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "connect-src 'self' http: https:; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
};

interface Asset {
  readonly body: string;
  readonly etag: string;
}

/** The build puts the files of Swagger UI beside this module. */
function assetResource(name: string, contentType: string): Resource {
  let asset: Promise<Asset> | null = null;
  return {
    path: `/_/docs/${name}`,
    method: 'GET',
    summary: '',
    isPublic: false,
    async answer(request: IncomingMessage, response: ServerResponse) {
      asset ??= load(name);
      try {
        await sendRevalidated(request, response, { contentType, ...(await asset) });
      } catch (error) {
        asset = null;
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        const detail = 'The files of the reference page are missing; build the package again.';
        sendProblem(request, response, { status: 404, title: 'Not found', detail });
      }
    },
  };
}

async function load(name: string): Promise<Asset> {
  const body = await readFile(fileURLToPath(new URL(`./docs-page/${name}`, import.meta.url)), 'utf8');
  return { body, etag: etagOf(body) };
}

function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

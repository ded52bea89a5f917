// A small user directory that keeps everything in memory. PORT sets where it listens (default 4101).
import { createServer } from 'node:http';
import { announce } from './announce.mjs';

const port = Number(process.env.PORT ?? 4101);
const users = new Map([
  ['1', { id: '1', name: 'Ada Lovelace', role: 'admin' }],
  ['2', { id: '2', name: 'Grace Hopper', role: 'member' }],
]);

const user = { $ref: '#/components/schemas/User' };
const json = (schema) => ({ content: { 'application/json': { schema } } });
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const openapi = {
  openapi: '3.1.0',
  info: { title: 'Users', version: '1.0.0' },
  paths: {
    '/': {
      get: {
        summary: 'Everyone',
        responses: { 200: { description: 'All users', ...json({ type: 'array', items: user }) } },
      },
      post: {
        summary: 'Adds someone',
        requestBody: {
          required: true,
          ...json({ type: 'object', required: ['name'], properties: { name: { type: 'string' } } }),
        },
        responses: { 201: { description: 'The new user', ...json(user) }, 400: { description: 'No name' } },
      },
    },
    '/{id}': {
      parameters: [id],
      get: {
        summary: 'One user',
        responses: { 200: { description: 'The user', ...json(user) }, 404: { description: 'Nobody' } },
      },
      delete: { summary: 'Removes someone', responses: { 204: { description: 'Done' } } },
    },
  },
  components: {
    schemas: {
      User: {
        type: 'object',
        properties: { id: { type: 'string' }, name: { type: 'string' }, role: { type: 'string' } },
      },
    },
  },
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const wanted = /^\/([^/]+)$/.exec(pathname)?.[1];
  if (pathname === '/health') return reply(response, 200, { status: 'ok' });
  if (pathname === '/openapi.json') return reply(response, 200, openapi);
  if (pathname === '/' && request.method === 'GET') return reply(response, 200, [...users.values()]);
  if (pathname === '/' && request.method === 'POST') return create(request, response);
  if (wanted === undefined || !users.has(wanted)) return reply(response, 404, { error: 'no such user' });
  if (request.method === 'GET') return reply(response, 200, users.get(wanted));
  if (request.method !== 'DELETE')
    return reply(response, 405, { error: 'method not allowed' }, { allow: 'GET, DELETE' });
  users.delete(wanted);
  response.writeHead(204).end();
});

async function create(request, response) {
  try {
    const { name } = JSON.parse(await readText(request));
    if (typeof name !== 'string') throw new TypeError('name must be a string');
    const next = String(Math.max(0, ...[...users.keys()].map(Number)) + 1);
    users.set(next, { id: next, name, role: 'member' });
    reply(response, 201, users.get(next));
  } catch (error) {
    reply(response, 400, { error: error.message });
  }
}

async function readText(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

function reply(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

announce({ name: 'users', port, openapi, server });

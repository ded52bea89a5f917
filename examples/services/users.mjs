// A small user directory that keeps everything in memory. PORT sets where it listens (default 4101).
import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 4101);
const users = new Map([
  ['1', { id: '1', name: 'Ada Lovelace', role: 'admin' }],
  ['2', { id: '2', name: 'Grace Hopper', role: 'member' }],
]);

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const id = /^\/users\/([^/]+)$/.exec(pathname)?.[1];
  if (pathname === '/health') return reply(response, 200, { status: 'ok' });
  if (pathname === '/users' && request.method === 'GET') return reply(response, 200, [...users.values()]);
  if (pathname === '/users' && request.method === 'POST') return create(request, response);
  if (id === undefined || !users.has(id)) return reply(response, 404, { error: 'no such user' });
  if (request.method === 'GET') return reply(response, 200, users.get(id));
  if (request.method !== 'DELETE')
    return reply(response, 405, { error: 'method not allowed' }, { allow: 'GET, DELETE' });
  users.delete(id);
  response.writeHead(204).end();
});

async function create(request, response) {
  try {
    const { name } = JSON.parse(await readText(request));
    if (typeof name !== 'string') throw new TypeError('name must be a string');
    const id = String(Math.max(0, ...[...users.keys()].map(Number)) + 1);
    users.set(id, { id, name, role: 'member' });
    reply(response, 201, users.get(id), { location: `/users/${id}` });
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
  response.end(`${JSON.stringify(body)}\n`);
}

server.listen(port, '127.0.0.1', () => console.log(`users service on 127.0.0.1:${port}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));

// All that a service does to appear behind the gateway: it describes itself (OpenAPI), announces itself, says that it is
// alive, and says goodbye:  NAME=hello PORT=4103 node examples/services/hello.mjs
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const name = process.env.NAME ?? 'hello';
const port = Number(process.env.PORT ?? 4103);
const gateway = process.env.GATEWAY ?? 'http://127.0.0.1:8080';
const id = `${name}-${process.pid}`;
const openapi = JSON.stringify({
  openapi: '3.1.0',
  info: { title: name, version: '1.0.0' },
  paths: {
    '/greetings/{who}': {
      parameters: [{ name: 'who', in: 'path', required: true, schema: { type: 'string' } }],
      get: { summary: 'Greets someone', responses: { 200: { description: 'The greeting' } } },
    },
  },
});
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const schema = {
  type: 'openapi',
  spec_version: '3.1.0',
  content_type: 'application/json',
  hash: sha256(openapi),
  location: { type: 'http', url: `http://127.0.0.1:${port}/openapi.json` },
};
const manifest = {
  version: '1.1.0',
  service_name: name,
  service_version: '1.0.0',
  instance_id: id,
  schemas: [schema],
  endpoints: { health: '/health', openapi: '/openapi.json' },
  routing: { strategy: 'service' },
  checksum: sha256(schema.hash),
};

const server = createServer((request, response) => {
  const who = /^\/greetings\/([^/?]+)/.exec(request.url)?.[1];
  const isKnown = ['/health', '/openapi.json'].includes(request.url) || who !== undefined;
  response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
  response.end(request.url === '/openapi.json' ? openapi : JSON.stringify({ greeting: `Hello, ${who}!` }));
});

const tell = (method, path, body) =>
  fetch(`${gateway}/_farp/v1/${path}`, { method, body: JSON.stringify(body) }).catch(() => ({ ok: false }));
const register = () =>
  tell('POST', 'register', { instance: { id, service_name: name, address: '127.0.0.1', port }, manifest });
const beat = async () => (await tell('PUT', `heartbeat/${id}`, { status: 'healthy' })).ok || register();

server.listen(port, '127.0.0.1', register);
setInterval(beat, 5_000);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await tell('DELETE', `deregister/${id}`);
    process.exit(0);
  });
}

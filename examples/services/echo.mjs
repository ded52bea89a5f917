// Answers with what it received, so that one sees what a gateway made of a request; /clock streams a line per second.
// PORT sets where it listens (default 4102).
import { createServer } from 'node:http';
import { announce } from './announce.mjs';

const port = Number(process.env.PORT ?? 4102);

const responses = { 200: { description: 'The request as it arrived', content: { 'application/json': {} } } };
const path = { name: 'path', in: 'path', required: true, schema: { type: 'string' } };
const openapi = {
  openapi: '3.1.0',
  info: { title: 'Echo', version: '1.0.0' },
  paths: {
    '/clock': {
      get: {
        summary: 'The time, every second',
        responses: { 200: { description: 'Ten events', content: { 'text/event-stream': {} } } },
      },
    },
    '/{path}': {
      parameters: [path],
      get: { summary: 'Echoes the request', responses },
      post: { summary: 'Echoes the request', requestBody: { content: { '*/*': {} } }, responses },
    },
  },
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/health') return reply(response, { status: 'ok' });
  if (pathname === '/openapi.json') return reply(response, openapi);
  if (pathname === '/clock') return streamClock(response);
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const { method, url, headers } = request;
  reply(response, { service: 'echo', method, url, headers, body });
});

function streamClock(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let ticks = 0;
  const tick = () => {
    response.write(`data: ${new Date().toISOString()}\n\n`);
    if (++ticks === 10) response.end();
  };
  tick();
  const timer = setInterval(tick, 1_000);
  response.on('close', () => clearInterval(timer));
}

function reply(response, body) {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

announce({ name: 'echo', port, openapi, server });

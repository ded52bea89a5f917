// Answers with what it received, so that one sees what a gateway made of a request; /clock streams a line per second.
// PORT sets where it listens (default 4102).
import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 4102);

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/health') return reply(response, { status: 'ok' });
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
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}

server.listen(port, '127.0.0.1', () => console.log(`echo service on 127.0.0.1:${port}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));

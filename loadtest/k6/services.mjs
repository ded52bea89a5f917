// What the scripts of this folder call through the gateway, until Ctrl-C: node loadtest/k6/services.mjs
// HTTP and WebSocket on port 4201 (WEB_PORT), gRPC on 4202 (GRPC_PORT).
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { WebSocketServer } from 'ws';

const HOST = '127.0.0.1';
const webPort = Number(process.env.WEB_PORT ?? 4201);
const grpcPort = Number(process.env.GRPC_PORT ?? 4202);
const answer = JSON.stringify({ service: 'loadtest', message: 'A small answer, in JSON.' });

const web = http.createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
});
// The gateway keeps connections open; it must not be this side that closes them.
web.keepAliveTimeout = 300_000;
new WebSocketServer({ server: web }).on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary })).on('error', () => {});
});

const calls = new grpc.Server();
const definition = loadSync(fileURLToPath(new URL('echo.proto', import.meta.url)));
calls.addService(definition['octopus.loadtest.v1.Echo'], {
  Say: (call, reply) => reply(null, call.request),
  Chat: (call) => call.on('data', (message) => call.write(message)).on('end', () => call.end()),
});

await new Promise((resolve, reject) => web.once('error', reject).listen(webPort, HOST, resolve));
await new Promise((resolve, reject) => {
  const insecure = grpc.ServerCredentials.createInsecure();
  calls.bindAsync(`${HOST}:${grpcPort}`, insecure, (error) => (error ? reject(error) : resolve()));
});
console.log(`HTTP and WebSocket on ${HOST}:${webPort}, gRPC on ${HOST}:${grpcPort}`);

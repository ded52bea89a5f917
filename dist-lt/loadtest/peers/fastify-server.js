/** `node fastify-server.js PORT ORIGIN_PORT`: Fastify with @fastify/http-proxy, which are loaded only if installed. */
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const createApp = require('fastify');
const httpProxy = require('@fastify/http-proxy');
const [port, originPort] = process.argv.slice(2).map(Number);
const app = createApp({ logger: false, keepAliveTimeout: 75_000 });
app.register(httpProxy, {
    upstream: `http://127.0.0.1:${originPort}`,
    undici: { connections: 256 },
    replyOptions: {
        rewriteRequestHeaders: (request, headers) => ({
            ...headers,
            'x-forwarded-for': headers['x-forwarded-for']
                ? `${headers['x-forwarded-for']}, ${request.ip}`
                : request.ip,
        }),
    },
});
await app.listen({ port, host: '127.0.0.1', backlog: 4_096 });
process.on('SIGTERM', () => process.exit(0));
//# sourceMappingURL=fastify-server.js.map
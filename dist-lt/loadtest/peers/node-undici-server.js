/** `node node-undici-server.js PORT ORIGIN_PORT`: the Node baseline, a proxy of node:http and undici. */
import http from 'node:http';
import { Pool } from 'undici';
const [port, originPort] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${originPort}`, { connections: 256 });
const HOP_BY_HOP = new Set([
    'connection',
    'keep-alive',
    'transfer-encoding',
    'te',
    'upgrade',
    'proxy-connection',
]);
const server = http.createServer((request, response) => {
    const peer = request.socket.remoteAddress ?? '';
    const before = request.headers['x-forwarded-for'];
    const headers = endToEnd(request.headers);
    headers['x-forwarded-for'] = before === undefined ? peer : `${before}, ${peer}`;
    delete headers['host'];
    const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    pool.stream({
        path: request.url,
        method: request.method,
        headers: headers,
        body: hasBody ? request : null,
    }, ({ statusCode, headers: fields }) => {
        response.writeHead(statusCode, endToEnd(fields));
        return response;
    }, (error) => {
        if (error)
            response.headersSent ? response.destroy() : response.writeHead(502).end();
    });
});
function endToEnd(fields) {
    const kept = {};
    for (const name in fields)
        if (!HOP_BY_HOP.has(name))
            kept[name] = fields[name];
    return kept;
}
server.keepAliveTimeout = 75_000;
server.listen({ port, host: '127.0.0.1', backlog: 4_096 });
process.on('SIGTERM', () => process.exit(0));
//# sourceMappingURL=node-undici-server.js.map
/** `node node-origin.js PORT FILES_DIR`: the origin for machines without nginx. Slower, so it may limit the peak. */
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { ECHO_PATH, SMALL_JSON } from '../cases.js';
const port = Number(process.argv[2]);
const directory = process.argv[3];
const small = Buffer.from(SMALL_JSON);
const files = new Map(readdirSync(directory).map((name) => [`/files/${name}`, readFileSync(path.join(directory, name))]));
const server = http.createServer((request, response) => {
    const body = request.url === ECHO_PATH
        ? Buffer.from(String(request.headers['x-forwarded-for'] ?? ''))
        : (files.get(request.url) ?? small);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    request.resume();
    response.end(body);
});
server.keepAliveTimeout = 300_000;
server.listen({ port, host: '127.0.0.1', backlog: 4_096 });
process.on('SIGTERM', () => process.exit(0));
//# sourceMappingURL=node-origin.js.map
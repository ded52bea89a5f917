import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ECHO_PATH, FILE_SIZES, SMALL_JSON } from '../cases.js';
import { nginxHttpDefaults, nginxPreamble } from '../peers/nginx.js';
import { find } from '../system/tools.js';
const NODE_ORIGIN = fileURLToPath(new URL('./node-origin.js', import.meta.url));
/** The service behind the proxies: small JSON for every path, two larger files, and the echo. */
export function prepareOrigin(kind, directory, port) {
    const files = path.join(directory, 'files');
    mkdirSync(files, { recursive: true });
    for (const size of FILE_SIZES)
        writeFileSync(path.join(files, String(size)), 'octopus '.repeat(size / 8));
    if (kind === 'node')
        return { command: process.execPath, args: [NODE_ORIGIN, String(port), files] };
    const file = path.join(directory, 'origin.conf');
    writeFileSync(file, configuration(directory, port));
    return { command: find('nginx'), args: ['-p', directory, '-e', 'stderr', '-c', file] };
}
function configuration(directory, port) {
    return `${nginxPreamble(directory, 1)}
http {
  ${nginxHttpDefaults(directory)}
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10;
  default_type application/json;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${directory};
    location / { return 200 '${SMALL_JSON.replace('\n', '\\n')}'; }
    location /files/ { }
    location = ${ECHO_PATH} { return 200 $http_x_forwarded_for; }
  }
}
`;
}
//# sourceMappingURL=origin.js.map
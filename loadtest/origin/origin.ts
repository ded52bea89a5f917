import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, ECHO_PATH, FILE_SIZES, SMALL_JSON } from '../cases.ts';
import { nginxHttpDefaults, nginxPreamble } from '../peers/nginx.ts';
import type { Command } from '../system/child.ts';
import { find } from '../system/tools.ts';

const [NODE_ORIGIN, GRPC_ORIGIN, WEBSOCKET_ORIGIN] = ['node', 'grpc', 'websocket'].map((name) =>
  fileURLToPath(new URL(`./${name}-origin.js`, import.meta.url)),
) as [string, string, string];

/** What serves a case, for its conditions. */
export function originName(client: Client, kind: 'nginx' | 'node'): string {
  return client === 'grpc' || client === 'websocket' ? `${client}-origin` : kind;
}

/** The service behind the proxies: small JSON for every path, two larger files, and the echo; or what a protocol needs. */
export function prepareOrigin(
  client: Client,
  kind: 'nginx' | 'node',
  directory: string,
  port: number,
): Command {
  if (client === 'grpc') return { command: process.execPath, args: [GRPC_ORIGIN, String(port)] };
  if (client === 'websocket') return { command: process.execPath, args: [WEBSOCKET_ORIGIN, String(port)] };
  const files = path.join(directory, 'files');
  mkdirSync(files, { recursive: true });
  for (const size of FILE_SIZES) writeFileSync(path.join(files, String(size)), 'octopus '.repeat(size / 8));
  if (kind === 'node') return { command: process.execPath, args: [NODE_ORIGIN, String(port), files] };
  const file = path.join(directory, 'origin.conf');
  writeFileSync(file, configuration(directory, port));
  return { command: find('nginx')!, args: ['-p', directory, '-e', 'stderr', '-c', file] };
}

function configuration(directory: string, port: number): string {
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

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Case, isHttp2, routePrefix } from '../cases.ts';
import { find, version } from '../system/tools.ts';
import { type Launch, MAX_CONNECTIONS, type Peer, type Setup } from './peer.ts';

export const nginx: Peer = {
  name: 'nginx',
  hint: 'apt-get install nginx',
  findVersion: () => {
    const program = find('nginx');
    return program && version(program, ['-v'], /nginx\/(\S+)/);
  },
  prepare(setup: Setup): Launch {
    const file = path.join(setup.directory, 'nginx.conf');
    writeFileSync(file, configuration(setup));
    return {
      command: find('nginx')!,
      args: ['-p', setup.directory, '-e', 'stderr', '-c', file],
      reload: (pid) => process.kill(pid, 'SIGHUP'),
    };
  },
};

function configuration({ scenario, directory, port, originPort, certificate }: Setup): string {
  return `${nginxPreamble(directory, scenario.workers)}
http {
  ${nginxHttpDefaults(directory)}
  keepalive_requests 1000000000;
  ${scenario.plugins === 3 ? 'limit_req_zone $binary_remote_addr zone=rate:10m rate=1000000r/s;' : ''}
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  proxy_http_version 1.1;
  ${CONNECTION_FIELDS[scenario.client === 'websocket' ? 'websocket' : 'others']}
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  # Room for the largest body of the cases, so that none goes through a temporary file.
  proxy_buffers 16 16k;
  ${scenario.plugins > 0 ? 'proxy_set_header X-Loadtest "1";' : ''}
  server {
    listen 127.0.0.1:${port} backlog=4096 ${listenFlags(scenario)};
    ${certificate ? `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key}; ssl_protocols TLSv1.2 TLSv1.3;` : ''}
    ${scenario.plugins === 3 ? 'allow 127.0.0.0/8; deny all; limit_req zone=rate burst=1000000 nodelay;' : ''}
    ${locations(scenario)}
  }
}
`;
}

/** As nginx's manual has them: none for keep-alive, and Upgrade only where the client has sent it. */
const CONNECTION_FIELDS = {
  others: 'proxy_set_header Connection "";',
  websocket: `map $http_upgrade $connection_field { default upgrade; '' ''; }
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_field;`,
};

function listenFlags(scenario: Case): string {
  const { tls, workers } = scenario;
  return `${tls ? 'ssl' : ''} ${isHttp2(scenario) ? 'http2' : ''} ${workers > 1 ? 'reuseport' : ''}`;
}

/** Prefix locations and no regular expressions: nginx finds them in a tree, its fastest way to route. */
function locations({ routes, client }: Case): string {
  if (client === 'grpc') return 'location / { grpc_pass grpc://origin; }';
  if (routes === 0) return 'location / { proxy_pass http://origin; }';
  return Array.from(
    { length: routes },
    (_, index) => `location ${routePrefix(index)} { proxy_pass http://origin; }`,
  ).join('\n    ');
}

/** What comes before `http` in a private nginx that stays in the foreground and leaves the system's one alone. */
export function nginxPreamble(directory: string, workers: number): string {
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${directory}/nginx.pid;
error_log stderr crit;
worker_processes ${workers};
worker_rlimit_nofile ${2 * MAX_CONNECTIONS};
events { worker_connections ${2 * MAX_CONNECTIONS}; }`;
}

export function nginxHttpDefaults(directory: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `access_log off;
  ${folders.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}`;
}
